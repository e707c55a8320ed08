"""The kinds of records that HCM, CRM and directory list, and how each becomes a row."""

from typing import Any

from process_apis.processes.master_data.record_kind import RecordKind
from process_apis.processes.master_data.rules import normalised
from process_apis.processes.master_data.source_tables import (
    Account,
    Assignment,
    CostCentre,
    DirectoryGroup,
    DirectoryUser,
    Employee,
    Engagement,
    OrgUnit,
)
from process_apis.processes.master_data.tables import MasterKind
from process_apis.upstream import sources
from process_apis.upstream.connections import Capability


def _employee(row: sources.Employee) -> dict[str, Any]:
    known = {"name", "employee_number", "email", "status", "hire_date", "termination_date"}
    return {
        **row.model_dump(include=known),
        "employment": row.kind,
        "number_key": normalised(row.employee_number),
        "email_key": normalised(row.email),
    }


def _org_unit(row: sources.OrgUnit) -> dict[str, Any]:
    return {
        **row.model_dump(include={"name", "code", "active"}),
        "unit_kind": row.kind,
        "parent_external_id": row.parent_id,
    }


def _cost_centre(row: sources.CostCentre) -> dict[str, Any]:
    known = {"name", "code", "legal_entity", "active", "valid_from", "valid_to"}
    return {**row.model_dump(include=known), "parent_external_id": row.parent_id}


def _assignment(row: sources.Assignment) -> dict[str, Any]:
    known = {
        *("valid_from", "valid_to", "legal_entity", "org_unit_name", "cost_centre_code"),
        *("job_title", "grade", "weekly_minutes"),
    }
    return {
        **row.model_dump(include=known),
        "name": row.job_title or f"assignment of {row.worker_id}",
        "worker_external_id": row.worker_id,
        "org_unit_external_id": row.org_unit_id,
        "cost_centre_external_id": row.cost_centre_id,
        "supervisor_external_id": row.supervisor_id,
    }


def _account(row: sources.Account) -> dict[str, Any]:
    return {
        **row.model_dump(include={"name", "code", "currency"}),
        "parent_external_id": row.parent_id,
        **_owner(row.owner),
    }


def _engagement(row: sources.Engagement) -> dict[str, Any]:
    known = {
        *("name", "code", "status", "stage", "close_date", "start_date", "end_date"),
        "po_number",
    }
    return {
        **row.model_dump(include=known),
        "account_external_id": row.account_id,
        # A number in JSON, as the table's own column is when the two are compared: what a double
        # prints is what was read, up to fifteen digits.
        "value": float(row.value.amount) if row.value else None,
        "currency": row.value.currency if row.value else None,
        **_owner(row.owner),
    }


def _user(row: sources.User) -> dict[str, Any]:
    known = {"user_name", "email", "active", "employee_number", "department", "cost_centre"}
    return {
        **row.model_dump(include=known),
        "name": row.name or row.user_name,
        "email_key": normalised(row.email),
        "manager_external_id": row.manager_id,
    }


def _group(row: sources.Group) -> dict[str, Any]:
    members = None
    if row.members is not None:
        ordered = sorted(row.members, key=lambda each: (each.kind, each.external_id))
        members = [each.model_dump() for each in ordered]
    return {"name": row.name, "members": members}


def _owner(owner: sources.Owner | None) -> dict[str, str | None]:
    return {
        "owner_name": owner.name if owner else None,
        "owner_email": owner.email if owner else None,
    }


_HCM: Capability = "hcm"
_CRM: Capability = "crm"
_DIRECTORY: Capability = "directory"

# In this order: what others refer to comes first.
SOURCE_KINDS: tuple[RecordKind, ...] = (
    RecordKind(MasterKind.EMPLOYEE, _HCM, "workers", sources.Employee, Employee, _employee),
    RecordKind(MasterKind.ORG_UNIT, _HCM, "org-units", sources.OrgUnit, OrgUnit, _org_unit),
    RecordKind(
        MasterKind.COST_CENTRE, _HCM, "cost-centres", sources.CostCentre, CostCentre, _cost_centre
    ),
    RecordKind(
        MasterKind.ASSIGNMENT, _HCM, "assignments", sources.Assignment, Assignment, _assignment
    ),
    RecordKind(MasterKind.ACCOUNT, _CRM, "accounts", sources.Account, Account, _account),
    RecordKind(
        MasterKind.ENGAGEMENT, _CRM, "engagements", sources.Engagement, Engagement, _engagement
    ),
    RecordKind(MasterKind.USER, _DIRECTORY, "users", sources.User, DirectoryUser, _user),
    RecordKind(MasterKind.GROUP, _DIRECTORY, "groups", sources.Group, DirectoryGroup, _group),
)
