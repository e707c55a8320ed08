"""Wire contract of `repairing` v1."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.repairing.tables import RepairState
from process_apis.texts import Storable


class NewRepairs(BaseModel):
    """How to begin."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Only tell what would be written.")


class RepairPlanned(BaseModel):
    """What is to be written."""

    connection: str
    changed: int = Field(description="What is new since the last time, or changed.")
    states: dict[RepairState, int] = Field(description="How many there are in each state.")
    writable: list[str] = Field(description="What the connection can write.")
    lacking: list[str] = Field(description="What is configured, and cannot be written there.")


class RepairView(BaseModel):
    """One attribute of one record of a system."""

    id: UUID
    connection: str
    kind: Literal["worker", "client"]
    external_id: str = Field(description="Of the copy.")
    attribute: str
    name: str = Field(description="What people call the record.")
    owner_connection: str = Field(description="`timepost` where a person decided.")
    owner_external_id: str
    why: str = Field(description="Why what the owner says counts.")
    seen: str | None = Field(description="What the copy said when it was last read.")
    wanted: str
    state: RepairState
    writes: int = Field(description="How often this value was written in the last week.")
    written_at: datetime | None
    attempts: int
    message: str | None
    released_by: str | None
    released_reason: str | None
    due_at: datetime
    updated_at: datetime


class RepairPage(BaseModel):
    """By id."""

    states: dict[RepairState, int]
    writable: list[str] = Field(description="What the connection could write when last compared.")
    lacking: list[str] = Field(description="What is configured, and cannot be written there.")
    repairs: list[RepairView]
    next_after: UUID | None = Field(description="`after` of the next page.")


class Release(BaseModel):
    """Why one may go on."""

    model_config = ConfigDict(extra="forbid")

    reason: Storable = Field(min_length=1, max_length=500)


class ReleaseAll(Release):
    """Which ones, and why."""

    attribute: Storable | None = Field(
        default=None, max_length=100, description="Only these, such as `worker.email`."
    )


class Released(BaseModel):
    """How many go on."""

    connection: str
    released: int
