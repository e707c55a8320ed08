"""Wire contract of `directory` v1."""

from typing import Literal

from pydantic import AwareDatetime, Field

from system_apis.capabilities.contract import Code, Contract, Email, ExternalId, Name
from system_apis.capabilities.master_lists import MasterAbilities, MasterPage

Domain = Literal["users", "groups"]


class DirectoryAbilities(MasterAbilities[Domain]):
    """What this directory tells."""


class User(Contract):
    """An account. `active` says whether it may sign in, and is no date of leaving."""

    external_id: ExternalId
    user_name: Name
    name: Name | None = None
    email: Email | None = None
    active: bool
    employee_number: Code | None = None
    department: Name | None = Field(default=None, description="As the product writes it.")
    cost_centre: Code | None = Field(default=None, description="As the product writes it.")
    manager_id: ExternalId | None = Field(default=None, description="A user.")
    modified_at: AwareDatetime | None = None


class GroupMember(Contract):
    """A user, or a group all of whose members count."""

    kind: Literal["user", "group"]
    external_id: ExternalId


class Group(Contract):
    """A group with its direct members, all of them as they are now."""

    external_id: ExternalId
    name: Name
    members: list[GroupMember] | None = Field(description="Null where the product does not tell.")
    modified_at: AwareDatetime | None = None


class UserPage(MasterPage):
    items: list[User]


class GroupPage(MasterPage):
    items: list[Group]
