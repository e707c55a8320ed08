"""Wire contract of `posting` v1."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from process_apis.processes.billing.schemas import ChargeView
from process_apis.processes.posting.lanes import Lane
from process_apis.processes.posting.states import Leg, Operation, PostingKind, PostingState
from process_apis.processes.time_entries.display import DisplayStatus
from process_apis.texts import Storable


class PostingView(BaseModel):
    """One posting of the sub-ledger."""

    id: UUID
    posting_key: str | None
    time_entry_id: UUID
    version: int
    leg: Leg
    kind: PostingKind
    round: int = Field(description="How often this version was posted, or taken back, before.")
    correction_group: UUID | None = Field(
        description="Shared by a reversal and what is posted in place of the reversed."
    )
    reverses_id: UUID | None = Field(description="The posting that this takes back.")
    operation: Operation = Field(description="What the ERP is asked to do.")
    source_connection: str
    target_connection: str | None
    state: PostingState
    entry_status: DisplayStatus = Field(
        description="One word for people: how its entry stands as a whole."
    )
    code: str | None
    waiting_for: list[str]
    work_date: date
    minutes: int = Field(description="Negative for a reversal.")
    accounting_date: date | None = Field(description="The day in the ledger.")
    prior_period: bool = Field(description="The work date's own period was closed.")
    lane: Literal["invoice", "closing", "normal", "bulk"] = Field(
        description="What waits is sent by lane: what invoices wait for, corrections in a period "
        "that is being closed, everything else, and at last old periods, files and replays."
    )
    mapping_id: UUID | None = Field(
        description="The version of the mapping that it was judged with, whether a rule of it "
        "decided or not; of a reversal, that of what it takes back."
    )
    mapping_version: int | None
    mapping_row: int | None = Field(description="The rule that decided; null if none holds.")
    billing_code: str | None = Field(description="By that rule; only Timepost keeps it.")
    activity: str | None = Field(description="By that rule; only Timepost keeps it.")
    charge: ChargeView | None = Field(
        description="What a client is billed for it, and why; null where no terms cover it."
    )
    attempts: int
    lookups: int
    due_at: datetime
    external_id: str | None
    approved_at: datetime | None
    posted_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @field_validator("lane", mode="before")
    @classmethod
    def _by_name(cls, lane: Any) -> Any:
        return Lane(lane).name.lower() if isinstance(lane, int) else lane


class PostingPage(BaseModel):
    """Postings, last changed first."""

    postings: list[PostingView]
    next_cursor: str | None


class Reason(BaseModel):
    """Why; it is kept in the entry's lineage."""

    model_config = ConfigDict(extra="forbid")

    reason: Storable = Field(min_length=10, max_length=4000)
