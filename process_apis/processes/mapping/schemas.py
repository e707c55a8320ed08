"""Wire contract of `mapping` v1."""

from datetime import date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from process_apis.processes.mapping.rules import Given
from process_apis.processes.mapping.tables import MappingState
from process_apis.texts import Storable

_Value = Annotated[Storable, Field(min_length=1, max_length=200)]
_LONGEST = timedelta(days=62)


class Conditions(BaseModel):
    """What an entry has to be: all that is given. What is left out may be anything.

    Each is an id of the tracker, a code or a name; case and spaces do not matter.
    """

    model_config = ConfigDict(extra="forbid")

    project: _Value | None = None
    task: _Value | None = None
    tag: _Value | None = Field(default=None, description="One of the entry's tags.")
    activity: _Value | None = None


class NewRule(BaseModel):
    """One rule."""

    model_config = ConfigDict(extra="forbid")

    conditions: Conditions = Conditions()
    target_task: _Value | None = Field(
        default=None, description="The ERP's id of a task; its project goes with it."
    )
    billing_code: _Value | None = None
    activity: _Value | None = None
    valid_from: date | None = Field(default=None, description="By day of work.")
    valid_to: date | None = Field(default=None, description="Inclusive.")


class NewMapping(BaseModel):
    """A draft: the next version of this tracker's mapping to this ERP, or its first."""

    model_config = ConfigDict(extra="forbid")

    tracker: Storable = Field(max_length=63)
    target: Storable = Field(max_length=63, description="The ERP's connection.")
    requires: list[Given] = Field(
        default_factory=list,
        max_length=3,
        description="What every entry has to get by a rule. With nothing required, an entry that "
        "no rule holds for is posted to what its task is bound to.",
    )
    rules: list[NewRule] = Field(min_length=1, max_length=2000)


class MappingView(BaseModel):
    """One version, without its rules."""

    id: UUID
    tracker: str
    target: str
    version: int
    requires: list[Given]
    state: MappingState
    created_at: datetime
    created_by: str
    published_at: datetime | None
    published_by: str | None


class RuleView(BaseModel):
    """One rule of a version."""

    row: int = Field(description="From 1, as it was sent.")
    conditions: dict[str, str]
    target_task: str | None
    billing_code: str | None
    activity: str | None
    valid_from: date | None
    valid_to: date | None


class MappingDetail(BaseModel):
    """A version with its rules."""

    mapping: MappingView
    rules: list[RuleView]


class MappingPage(BaseModel):
    """Versions, the latest first."""

    mappings: list[MappingView]
    next_cursor: str | None


class Sample(BaseModel):
    """An entry that somebody made up."""

    model_config = ConfigDict(extra="forbid")

    work_date: date
    project: _Value | None = None
    task: _Value | None = None
    tags: list[_Value] = Field(default_factory=list, max_length=50)
    activity: _Value | None = None


class MappingTest(BaseModel):
    """Try a version on samples, on what was received for days of work, or on both."""

    model_config = ConfigDict(extra="forbid")

    samples: list[Sample] = Field(default_factory=list, max_length=200)
    first_day: date | None = None
    last_day: date | None = Field(default=None, description="At most 62 days of work.")
    show: int = Field(default=50, ge=0, le=500, description="How many changed postings to list.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if (self.first_day is None) != (self.last_day is None):
            raise ValueError("say both first_day and last_day, or neither")
        if self.first_day is None or self.last_day is None:
            if not self.samples:
                raise ValueError("say samples, or first_day and last_day")
        elif not timedelta() <= self.last_day - self.first_day < _LONGEST:
            raise ValueError("last_day is before first_day, or more than 62 days of work are asked")
        return self


class SampleOutcome(BaseModel):
    """What the version makes of a sample."""

    code: str | None = Field(
        description="MP_UNMAPPED or MP_AMBIGUOUS, with which it would wait; else null."
    )
    explanation: str
    rows: list[int] = Field(description="Of the rules that hold.")
    target_project: str | None = Field(description="The ERP's id, if a rule gives the task.")
    target_task: str | None
    billing_code: str | None
    activity: str | None


class Placed(BaseModel):
    """Where hours stand, or would: ids of the ERP, and what only Timepost keeps."""

    project_id: str | None
    task_id: str | None
    billing_code: str | None
    activity: str | None


class ChangedPosting(BaseModel):
    """A posting that would be another under the version."""

    posting_id: UUID
    entry_external_id: str
    work_date: date
    minutes: int
    state: str
    before: Placed | None = Field(description="Null while it waits for what it refers to.")
    after: Placed | None = Field(description="Null if it would wait for what it refers to.")
    code: str | None = Field(description="Why it would wait, if the version is why.")
    row: int | None = Field(description="Of the rule that decides.")
    sent: bool = Field(description="It was sent, and stays as it is.")


class PeriodOutcome(BaseModel):
    """What the version would change among postings of the days of work."""

    postings: int = Field(description="Looked at.")
    would_change: int
    waiting: int = Field(description="Of these, not sent yet: they would go the new way.")
    sent: int = Field(description="Of these, sent: nothing maps them again.")
    minutes: int = Field(description="Of those that would change.")
    unmapped: int = Field(description="No rule holds, and one has to.")
    ambiguous: int
    lines: list[ChangedPosting] = Field(description="The first that would change.")


class Tested(BaseModel):
    """Nothing was changed by the test."""

    samples: list[SampleOutcome]
    period: PeriodOutcome | None
