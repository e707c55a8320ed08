"""Wire contract of `master_data` v1."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.master_data.tables import BindingOrigin, MasterKind, RunStatus
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


class BindingPage(BaseModel):
    """Current bindings; corrected ones are kept, but not shown here."""

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


class Run(BaseModel):
    """One reading of a connection's masters."""

    id: UUID
    connection: str
    status: RunStatus
    step: str = Field(description="What it is doing, in words.")
    read: int
    changed: int
    started_at: datetime
    finished_at: datetime | None
    error: str | None
