"""Wire contract of `pushing` v1."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.pushing.tables import PushKind, PushState


class NewPush(BaseModel):
    """How to begin."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Only tell what would be given.")


class PushPlan(BaseModel):
    """What a tracker is to have."""

    tracker: str
    erp: str
    changed: int = Field(description="What is new since the last time, or changed.")
    states: dict[PushState, int] = Field(description="How many there are in each state.")


class PushView(BaseModel):
    """One record of the ERP at the tracker."""

    id: UUID
    kind: PushKind
    record_id: UUID = Field(description="Canonical id.")
    reference: str = Field(description="What stands in the tracker beside it.")
    name: str
    open: bool = Field(description="Whether hours may be booked on it.")
    state: PushState
    tracker_id: str | None
    attempts: int
    message: str | None
    due_at: datetime
    updated_at: datetime


class PushPage(BaseModel):
    """By id."""

    states: dict[PushState, int]
    pushes: list[PushView]
    next_after: UUID | None = Field(description="`after` of the next page.")
