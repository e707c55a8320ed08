"""Wire contract of merges and splits, version 1."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from process_apis.texts import Storable

_Id = Annotated[Storable, Field(min_length=1, max_length=200)]
_Connection = Annotated[Storable, Field(max_length=63)]
_Reason = Annotated[Storable, Field(min_length=3, max_length=500)]


class SucceededKind(StrEnum):
    """Kinds in whose place others may come."""

    PROJECT = "project"
    TASK = "task"


class NewMerge(BaseModel):
    """Hours on these are on another from a day of work on."""

    model_config = ConfigDict(extra="forbid")

    connection: _Connection = Field(description="The ERP's.")
    kind: SucceededKind
    external_ids: list[_Id] = Field(min_length=1, max_length=50, description="The ERP's ids.")
    into: _Id
    from_date: date
    reason: _Reason


class TaskRule(BaseModel):
    """Where hours on a task go."""

    model_config = ConfigDict(extra="forbid")

    task: _Id = Field(description="The tracker's id, the code or the name; case does not matter.")
    into: _Id = Field(description="The ERP's id of the project.")


class NewSplit(BaseModel):
    """Hours on a project are on several from a day of work on, by task.

    Whatever task has no rule waits with MP_AMBIGUOUS.
    """

    model_config = ConfigDict(extra="forbid")

    connection: _Connection = Field(description="The ERP's.")
    external_id: _Id = Field(description="The ERP's id of the project.")
    rules: list[TaskRule] = Field(min_length=1, max_length=200)
    from_date: date
    reason: _Reason


class SuccessionView(BaseModel):
    """What a steward said of one record."""

    id: UUID
    connection: str
    kind: SucceededKind
    external_id: str
    name: str
    from_date: date
    into: str | None = Field(description="The ERP's id; null if that depends on the task.")
    rules: list[TaskRule] = Field(description="Of a split; tasks as they are compared.")
    reason: str
    decided_at: datetime
    decided_by: str


class SuccessionPage(BaseModel):
    """What holds, the latest first."""

    successions: list[SuccessionView]
