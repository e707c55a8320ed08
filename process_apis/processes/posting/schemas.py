"""Wire contract of `posting` v1."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from process_apis.processes.posting.states import Leg, PostingKind, PostingState


class PostingView(BaseModel):
    """One posting of the sub-ledger."""

    id: UUID
    posting_key: str | None
    time_entry_id: UUID
    version: int
    leg: Leg
    kind: PostingKind
    source_connection: str
    target_connection: str | None
    state: PostingState
    code: str | None
    waiting_for: list[str]
    work_date: date
    minutes: int
    attempts: int
    lookups: int
    due_at: datetime
    external_id: str | None
    approved_at: datetime | None
    posted_at: datetime | None
    updated_at: datetime


class PostingPage(BaseModel):
    """Postings, last changed first."""

    postings: list[PostingView]
    next_cursor: str | None
