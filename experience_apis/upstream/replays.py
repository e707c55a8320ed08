"""The process tier's `replay` contract: what the workbench reads of it.

Any text where the contract has an enumeration, so that a state added there does not blank the
workbench. A test holds the models against the committed contract.
"""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class Sum(_Read):
    """How many lines, and their hours."""

    lines: int
    minutes: int


class CodeSum(Sum):
    """Lines that would fail for one reason."""

    code: str


class Reason(_Read):
    """Why a line would not be sent."""

    code: str
    sentence: str


class DryRunLine(_Read):
    """One posting as it would be sent, or why it would not."""

    posting_id: UUID
    posting_key: str | None
    connection: str
    entry_external_id: str
    version: int
    leg: str
    kind: str
    state: str
    would_be: str
    reasons: list[Reason]
    target_connection: str | None
    work_date: date
    accounting_date: date | None
    minutes: int
    billable: bool | None
    legal_entity_id: str | None
    worker_id: str | None
    project_id: str | None
    task_id: str | None
    worker: str | None
    project: str | None
    task: str | None
    attempts: int
    last_refusal: str | None


class DryRunLines(_Read):
    """Further lines."""

    lines: list[DryRunLine]
    next_after: UUID | None


class DryRun(DryRunLines):
    """What a replay would do."""

    hash: str
    total: Sum
    would_send: Sum
    would_wait: Sum
    would_fail: list[CodeSum]
    paused: list[str]


class Replay(_Read):
    """A replay that was started."""

    id: UUID
    scope: dict[str, JsonValue]
    states: list[str]
    hash: str
    state: str
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    stopped_by: str | None
    lines: int
    minutes: int
    done: int
    sent_on: int
    still_fails: int
    waits: int
    changed: int
    gone: int


class ReplayDetail(Replay):
    """A replay with where its postings stand."""

    postings: dict[str, int]


class ReplayPage(_Read):
    """Replays, the latest first."""

    replays: list[Replay]
    next_cursor: str | None


class ReplayLine(_Read):
    """What became of one line."""

    posting_id: UUID
    entry_external_id: str
    outcome: str
    posting_state: str
    code: str | None


class ReplayLinePage(_Read):
    """Lines of a replay."""

    lines: list[ReplayLine]
    next_after: UUID | None


class Rereading(_Read):
    """How many entries are read again."""

    entries: int
