"""The `erp` contract as this tier reads and writes it."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, Field

from process_apis.texts import Cleaned
from process_apis.upstream.time_tracking import Read
from shared.values.money import DecimalString


class Charge(BaseModel):
    """What a client is billed for a line, as rated here."""

    contract: str
    currency: str
    unit: Literal["hour", "day"]
    rate: DecimalString | None
    quantity: DecimalString
    amount: DecimalString
    held_quantity: DecimalString
    held: DecimalString

    @property
    def is_held(self) -> bool:
        """Whether some of it is not billed before its contract has room."""
        return self.held_quantity != 0

    def opposite(self) -> Self:
        """What takes it back: at the same rate."""
        return self._times(Decimal(-1))

    def none(self) -> Self:
        """Of a line that is rewritten to nothing."""
        return self._times(Decimal(0))

    def _times(self, factor: Decimal) -> Self:
        names = ("quantity", "amount", "held_quantity", "held")
        return self.model_copy(update={name: getattr(self, name) * factor for name in names})


class PostingRequest(BaseModel):
    """A line to post or take back; also kept as the intent, and shown as "would post"."""

    posting_key: str
    legal_entity_id: str
    worker_id: str
    project_id: str
    task_id: str | None
    work_date: date
    accounting_date: date
    minutes: int
    billable: bool
    narrative: str
    charge: Charge | None = None
    operation: Literal["post", "delete", "update"] = "post"
    target_line: str | None = None
    target_key: str | None = None


class PostRequest(BaseModel):
    items: list[PostingRequest]
    deadline: AwareDatetime


class PostedLine(Read):
    external_id: Cleaned
    posting_key: Cleaned | None = None
    legal_entity_id: Cleaned
    worker_id: Cleaned
    project_id: Cleaned | None
    task_id: Cleaned | None = None
    work_date: date
    minutes: int
    accounting_date: date | None = None
    invoiced: Literal["none", "draft", "invoiced"] = "none"
    bill_amount: DecimalString | None = None
    bill_currency: Cleaned | None = None
    bill_rate: DecimalString | None = None
    # It tells what people earn: compared, and never written down.
    cost_rate: DecimalString | None = Field(default=None, exclude=True, repr=False)


class ErrorClass(StrEnum):
    PERIOD_CLOSED = "period_closed"
    PROJECT_CLOSED = "project_closed"
    WORKER_MISSING = "worker_missing"
    REFERENCE_INACTIVE = "reference_inactive"
    STALE_VERSION = "stale_version"
    DUPLICATE = "duplicate"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    AUTH = "auth"
    INVOICED_LOCKED = "invoiced_locked"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


# The vendor code of what the connector did not begin, because the caller's time was over.
DEADLINE_PASSED = "deadline_passed"


class ErpError(Read):
    error_class: ErrorClass
    vendor_code: Cleaned | None = None
    vendor_message: Cleaned
    retriable: bool
    retry_after_seconds: int | None = None


class PostingOutcome(Read):
    posting_key: Cleaned
    status: Literal["posted", "already_posted", "rejected", "retry", "in_doubt"]
    line: PostedLine | None = None
    error: ErpError | None = None


class PostOutcomes(Read):
    outcomes: list[PostingOutcome]


class LookupItem(BaseModel):
    posting_key: str
    worker_id: str | None
    work_date: date | None


class LookupResult(Read):
    lines: list[PostedLine]
    missing: list[Cleaned]


class ReversalMode(StrEnum):
    NEGATIVE_LINE = "negative_line"
    DELETE_UNINVOICED = "delete_uninvoiced"
    UPDATE_IN_PLACE = "update_in_place"
    CREDIT = "credit"
    NONE = "none"


class ReadResult(Read):
    lines: list[PostedLine]
    missing: list[Cleaned]


class ErpAbilities(Read):
    max_batch: int
    readback: bool
    lookup: bool
    reversal_modes: list[ReversalMode]
    settle_seconds: int
    max_concurrent_batches: int | None = None
    postings_per_second: float | None = None
    repairs: list[Cleaned] = Field(default_factory=list)


class LegalEntity(Read):
    external_id: Cleaned
    code: Cleaned
    name: Cleaned
    currency: Cleaned
    timezone: Cleaned | None = None


class Worker(Read):
    external_id: Cleaned
    legal_entity_id: Cleaned
    employee_number: Cleaned | None = None
    name: Cleaned
    email: Cleaned | None = None
    hire_date: date | None = None
    termination_date: date | None = None


class Client(Read):
    external_id: Cleaned
    code: Cleaned | None = None
    name: Cleaned


class Project(Read):
    external_id: Cleaned
    legal_entity_id: Cleaned
    code: Cleaned | None = None
    name: Cleaned
    client_id: Cleaned | None = None
    status: Literal["OPEN", "CLOSED"]
    bookable: bool
    start_date: date | None = None
    end_date: date | None = None


class Task(Read):
    external_id: Cleaned
    project_id: Cleaned
    code: Cleaned | None = None
    name: Cleaned
    status: Literal["OPEN", "CLOSED"]
    bookable: bool
    start_date: date | None = None
    end_date: date | None = None


class PeriodStatus(StrEnum):
    FUTURE = "FUTURE"
    OPEN = "OPEN"
    SOFT_CLOSED = "SOFT_CLOSED"
    CLOSED = "CLOSED"
    LOCKED = "LOCKED"


class AccountingPeriod(Read):
    external_id: Cleaned
    legal_entity_id: Cleaned
    name: Cleaned
    start_date: date
    end_date: date
    status: PeriodStatus
