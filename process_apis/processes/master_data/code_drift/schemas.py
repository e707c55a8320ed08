"""Wire contract of code drift, version 1."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.master_data.code_drift.rules import Drift
from process_apis.processes.master_data.code_drift.tables import DriftState
from process_apis.texts import Storable


class DriftingKind(StrEnum):
    """Kinds that entries refer to and that have codes."""

    WORKER = "worker"
    PROJECT = "project"
    TASK = "task"


class DriftQuery(BaseModel):
    """Which drifts."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable | None = Field(default=None, max_length=63, description="The ERP's.")
    kind: DriftingKind | None = None
    drift: Drift | None = None
    state: DriftState | None = DriftState.OPEN
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class Affected(BaseModel):
    """Postings that name the record, or the one whose code it was. None is posted again."""

    posted: int = Field(description="Stand in the ERP, and stay there.")
    waiting: int = Field(description="Not sent yet.")
    minutes: int = Field(description="Of both.")


class CodeDriftView(BaseModel):
    """One record whose code, or whose place, is not what it was."""

    id: UUID
    connection: str
    kind: DriftingKind
    record_id: UUID
    external_id: str = Field(description="The ERP's id of the record.")
    name: str
    drift: Drift
    attribute: str
    before: str | None
    after: str | None
    other_id: UUID | None = Field(description="Whose code it was, for one that is used again.")
    other_external_id: str | None
    other_name: str | None
    effective_from: date = Field(description="The day on which it was noticed, in UTC.")
    detected_at: datetime
    state: DriftState
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None
    affected: Affected


class CodeDriftPage(BaseModel):
    """The latest first."""

    drifts: list[CodeDriftView]
    next_cursor: str | None


class AffectedPosting(BaseModel):
    """One posting that names a record of a drift."""

    posting_id: UUID
    source_connection: str
    entry_external_id: str
    work_date: date
    minutes: int
    state: str
    external_id: str | None = Field(description="The ERP's id of the line.")


class CodeDriftDetail(BaseModel):
    """One drift, with what it concerns."""

    drift: CodeDriftView
    postings: list[AffectedPosting] = Field(description="At most 200, the latest work first.")


class Settling(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Storable = Field(min_length=3, max_length=500)
