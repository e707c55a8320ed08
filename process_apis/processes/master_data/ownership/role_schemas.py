"""Wire contract of roles by group, a part of `master_data` v1."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.master_data.ownership.configuration import Role
from process_apis.texts import Storable


class RoleQuery(BaseModel):
    """Which people."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    after: Storable | None = Field(
        default=None, max_length=600, description="`next_after` of the page before."
    )
    limit: int = Field(default=200, ge=1, le=1000)


class RoleView(BaseModel):
    """A role, and the group that stands for it."""

    role: Role
    group: str = Field(
        description="Name of the mapped group, also if somebody is in one inside it."
    )
    grants: bool = Field(description="It gives the role; otherwise it is only compared.")


class PersonView(BaseModel):
    """Somebody who may sign in, as the directory has them."""

    connection: str
    external_id: str
    user_name: str
    name: str
    email: str | None
    roles: list[RoleView]


class GroupView(BaseModel):
    """A group that stands for a role."""

    asked: str = Field(description="As the file names it.")
    role: Role
    found: bool = Field(description="Whether a directory has it.")
    connection: str | None
    external_id: str | None
    name: str | None
    grants: bool = Field(description="It gives the role, and is found by its id alone.")
    read_at: datetime | None = Field(description="When the directory was last read.")
    members_told: bool | None = Field(description="False: its directory does not tell who is in.")


class RolePage(BaseModel):
    """People with roles by their groups, by directory and id."""

    people: list[PersonView]
    groups: list[GroupView]
    next_after: str | None = Field(description="`after` of the next page.")


class OwnRoles(BaseModel):
    """The caller's roles, by token and by group. What counts is the token, and what is granted."""

    subject: str
    known: bool = Field(
        description="Exactly one active person of the mapped groups has the subject as id or name."
    )
    by_token: list[str]
    by_groups: list[str]
    only_by_token: list[str] = Field(
        description="The token has them, and no group stands for them."
    )
    only_by_groups: list[str] = Field(
        description="A group stands for them, and the token lacks them."
    )
    granted: list[str] = Field(
        description="Groups give them now, to whoever the directory knows by the token's own id."
    )
