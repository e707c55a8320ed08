"""Wire contract of `master_data` v1."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.master_data.run_tables import ChangeKind, RunStatus
from process_apis.processes.master_data.tables import BindingOrigin, MasterKind
from process_apis.texts import Storable


class BindableKind(StrEnum):
    """Kinds that entries of a tracker refer to."""

    WORKER = "worker"
    CLIENT = "client"
    PROJECT = "project"
    TASK = "task"


class MasterRecordView(BaseModel):
    """A canonical master record."""

    id: UUID
    kind: MasterKind
    owner_connection: str
    owner_external_id: str
    name: str
    updated_at: datetime
    vanished_at: datetime | None
    attributes: dict[str, Any] = Field(description="The fields of this kind.")


class MasterPageView(BaseModel):
    """Records by name."""

    records: list[MasterRecordView]


class BindingView(BaseModel):
    """External id at a connection -> canonical record."""

    id: UUID
    connection: str
    kind: MasterKind
    external_id: str
    canonical_id: UUID
    canonical_name: str | None
    origin: BindingOrigin
    valid_from: date | None
    valid_to: date | None
    created_at: datetime
    created_by: str
    archived_at: datetime | None = Field(description="When another took its place, if one did.")


class BindingPage(BaseModel):
    """Bindings by connection, kind, external id and day of work."""

    bindings: list[BindingView]


class NewBinding(BaseModel):
    """Binds an external id, in place of the binding it has."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable = Field(max_length=63)
    kind: BindableKind
    external_id: Storable = Field(min_length=1, max_length=200)
    canonical_id: UUID
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="Inclusive.")


class NewRun(BaseModel):
    """How masters are to be read."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Only tell what would change.")


class Run(BaseModel):
    """One reading of a connection's masters.

    STOPPED waits for a steward. SUPERSEDED: a later run stands for it, or one that waits with the
    same.
    """

    id: UUID
    connection: str
    status: RunStatus
    step: str = Field(description="What it is doing, in words.")
    dry_run: bool
    changed_since: datetime | None = Field(
        description="Of lists that can tell, only what changed since then is read; null for all."
    )
    read: int = Field(description="Rows listed by the owner.")
    created: int
    changed: int
    vanished: int
    refused: int = Field(description="Rows that are not taken over; the diff says why.")
    applied: int = Field(description="Lines of the diff that are taken over.")
    started_at: datetime
    finished_at: datetime | None
    error: str | None
    stopped_because: str | None = Field(
        description="What a steward has to confirm; of a dry run, what would have stopped it."
    )
    confirmed_at: datetime | None
    confirmed_by: str | None
    confirmed_through: list[str] = Field(description="Services that acted for the steward.")
    confirmed_reason: str | None


class RunPage(BaseModel):
    """Runs, the latest first."""

    runs: list[Run]
    next_cursor: str | None


class Confirmation(BaseModel):
    """Why what would vanish may."""

    model_config = ConfigDict(extra="forbid")

    reason: Storable = Field(min_length=3, max_length=500)


class BeforeAfter(BaseModel):
    """One attribute."""

    before: Any
    after: Any


class ChangeView(BaseModel):
    """What a run does to one record."""

    id: int
    kind: MasterKind
    external_id: str
    name: str
    change: ChangeKind
    attributes: dict[str, BeforeAfter]
    row: int | None = Field(description="Which row of the owner's list, from 1.")
    reason: str | None = Field(description="Why it was refused.")
    applied_at: datetime | None = Field(description="When it was taken over, if it was.")


class ChangePage(BaseModel):
    """Lines of a run's diff, in the order in which they are taken over."""

    changes: list[ChangeView]
    next_after: int | None = Field(description="`after` of the next page.")
