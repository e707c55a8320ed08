"""SCIM's words to Timepost's. Pure: no clock, no network."""

from typing import Literal

from system_apis.capabilities.directory.schemas import Group, GroupMember, User
from system_apis.capabilities.hcm.schemas import Assignment, Worker, WorkerKind, WorkerStatus
from system_apis.connectors.scim import platform_models as scim
from system_apis.connectors.scim.settings import ScimSettings


def to_user(found: scim.User) -> User:
    """An account of the directory."""
    return User(
        external_id=found.id,
        user_name=found.user_name,
        name=_name(found),
        email=_email(found),
        active=found.active,
        employee_number=found.enterprise.employee_number,
        department=found.enterprise.department,
        cost_centre=found.enterprise.cost_center,
        manager_id=_manager(found),
        modified_at=found.meta.last_modified,
    )


def to_group(found: scim.Group) -> Group:
    """A group with its members. One that has none leaves the attribute out, so that nobody is
    in it: roles that it gives are then given to nobody."""
    members = [
        GroupMember(kind=_kind(each), external_id=each.value) for each in found.members or []
    ]
    return Group(
        external_id=found.id,
        name=found.display_name,
        members=members,
        modified_at=found.meta.last_modified,
    )


def is_worker(found: scim.User, settings: ScimSettings) -> bool:
    return settings.users_without_number or found.enterprise.employee_number is not None


def to_worker(found: scim.User, settings: ScimSettings) -> Worker:
    """A person. SCIM has no dates of hire and leaving: `active` is all that there is."""
    return Worker(
        external_id=found.id,
        employee_number=found.enterprise.employee_number,
        name=_name(found) or found.user_name,
        email=_email(found),
        kind=_worker_kind(found, settings),
        status=WorkerStatus.ACTIVE if found.active else WorkerStatus.INACTIVE,
        modified_at=found.meta.last_modified,
    )


def to_assignment(found: scim.User, settings: ScimSettings) -> Assignment:
    """Where the person stands now; since when, SCIM does not tell."""
    own = found.enterprise
    sources = {"organization": own.organization, "division": own.division, "none": None}
    return Assignment(
        external_id=found.id,
        worker_id=found.id,
        legal_entity=sources[settings.legal_entity_from],
        org_unit_name=own.department,
        cost_centre_code=own.cost_center,
        supervisor_id=_manager(found),
        job_title=found.title,
        modified_at=found.meta.last_modified,
    )


def _name(found: scim.User) -> str | None:
    if found.display_name:
        return found.display_name
    if found.name is None:
        return None
    parts = [part for part in (found.name.given_name, found.name.family_name) if part]
    return found.name.formatted or " ".join(parts) or None


def email_of(found: scim.User) -> scim.Email | None:
    """The one at work before the primary one before any."""
    ranked = sorted(found.emails, key=lambda each: (each.type != "work", not each.primary))
    return next((each for each in ranked if each.value), None)


def _email(found: scim.User) -> str | None:
    chosen = email_of(found)
    return chosen.value if chosen else None


def _manager(found: scim.User) -> str | None:
    return found.enterprise.manager.value if found.enterprise.manager else None


def _kind(member: scim.Member) -> Literal["user", "group"]:
    if member.type is not None:
        return "group" if member.type.lower() == "group" else "user"
    return "group" if member.ref and "/Groups/" in member.ref else "user"


def _worker_kind(found: scim.User, settings: ScimSettings) -> WorkerKind | None:
    if found.user_type in settings.contractor_types:
        return WorkerKind.CONTRACTOR
    return WorkerKind.EMPLOYEE if found.user_type in settings.employee_types else None
