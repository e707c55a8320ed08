"""Wire contract of `time_entries` v1. Narrative text is never part of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from process_apis.processes.time_entries.display import DisplayStatus
from process_apis.processes.time_entries.states import EntryState


class EntrySummary(BaseModel):
    """An entry as a list shows it."""

    id: UUID
    connection: str
    external_id: str
    state: EntryState = Field(description="As the tracker has it.")
    status: DisplayStatus = Field(
        description="One word for people, from the entry, its postings and its cases."
    )
    version: int
    approved_version: int | None
    worker_external_id: str
    work_date: date
    minutes: int
    approved_at: datetime | None
    updated_at: datetime


class EntryPage(BaseModel):
    """Entries, last changed first."""

    entries: list[EntrySummary]
    next_cursor: str | None


class EntryVersion(BaseModel):
    """One immutable version."""

    version: int
    observed_at: datetime
    origin: str
    work_date: date
    minutes: int
    billable: bool
    worker: str | None
    project: str | None
    task: str | None
    content_hash: str


class LineageStep(BaseModel):
    """One step in the life of an entry."""

    at: datetime
    what: str
    actor: str
    posting_id: UUID | None
    detail: dict[str, Any]
    trace_id: str | None


class EntryDetail(BaseModel):
    """An entry with its versions and all that happened to it, oldest first."""

    entry: EntrySummary
    versions: list[EntryVersion]
    lineage: list[LineageStep]


class Comparison(BaseModel):
    """The last comparison of a tracker's entries with what is held, by worker and week."""

    at: datetime
    complete: bool = Field(description="Everything was listed, so that absence meant something.")
    listed: int = Field(description="Entries that the tracker showed.")
    weeks: int = Field(description="Pairs of a worker and an ISO week.")
    weeks_apart: int = Field(description="Those whose count or digest differed.")
    changed: int = Field(description="Entries that differed, and were read again.")
    absent: int = Field(description="Entries that were not shown, and were read by their ids.")


class Sweep(BaseModel):
    """How a connection was last looked through; null for what has not been done yet."""

    connection: str
    swept_until: datetime | None
    swept_at: datetime | None
    found: int | None = Field(description="Hints that the last sweep left.")
    comparison: Comparison | None


class SweepList(BaseModel):
    """All connections that were swept or compared, by name."""

    sweeps: list[Sweep]


class SweepStarted(BaseModel):
    """A worker has been called; what is found arrives like any other change."""

    connection: str = Field(description="The connection that is swept.")
