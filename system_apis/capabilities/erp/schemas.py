"""Wire contract of `erp` v1."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from shared.values import Minutes
from shared.values.money import DecimalString
from system_apis.capabilities.contract import Contract, ExternalId
from system_apis.capabilities.repairs import Repairable

PostingKey = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 over source, entry, version, leg, kind and target. Never expires.",
    ),
]


class Idempotency(StrEnum):
    """How the ERP helps against posting twice.

    `native_replay`: a repeated key answers the first result; `native_reject`: a repeated key is
    refused; `upsert`: writes by our key; `marker_search`: the key stands in a text field and is
    searched for; `none`: nothing, a person confirms unknown outcomes.
    """

    NATIVE_REPLAY = "native_replay"
    NATIVE_REJECT = "native_reject"
    UPSERT = "upsert"
    MARKER_SEARCH = "marker_search"
    NONE = "none"


class ReversalMode(StrEnum):
    """How something posted is taken back.

    `negative_line`: a line with negative hours beside it; `delete_uninvoiced`: the line is
    removed, while no invoice holds it; `update_in_place`: the line is rewritten, and the ERP keeps
    its history; `credit`: people credit the invoice in the ERP; `none`: people do it in the ERP.
    """

    NEGATIVE_LINE = "negative_line"
    DELETE_UNINVOICED = "delete_uninvoiced"
    UPDATE_IN_PLACE = "update_in_place"
    CREDIT = "credit"
    NONE = "none"


class ErpAbilities(Contract):
    """What this ERP can do; the process tier picks its strategy from it."""

    idempotency: Idempotency
    atomic_batch: bool = Field(description="One bad line refuses the whole native batch.")
    max_batch: int = Field(ge=1, description="Postings per request that are sensible.")
    readback: bool
    lookup: bool = Field(description="Postings can be found again by their key.")
    reversal_modes: list[ReversalMode]
    negative_quantity: bool
    settle_seconds: int = Field(
        ge=0,
        description="How long after an unanswered call the ERP may still commit it; "
        "a look-up before that proves nothing.",
    )
    max_concurrent_batches: int | None = Field(
        default=None,
        ge=1,
        description="Requests of postings that all callers together may have under way; null: "
        "as many as come.",
    )
    postings_per_second: float | None = Field(
        default=None,
        gt=0,
        description="Postings a second from all callers together; null: as many as come.",
    )
    repairs: list[Repairable] = Field(
        default_factory=list, description="Attributes that can be brought in line with their owner."
    )


class Operation(StrEnum):
    """What the ERP is to do: add a line, remove one, or rewrite one."""

    POST = "post"
    DELETE = "delete"
    UPDATE = "update"


class RateUnit(StrEnum):
    """What a rate is for."""

    HOUR = "hour"
    DAY = "day"


class Charge(Contract):
    """What a client is billed for a line, as Timepost rates it under the contract's terms.

    An ERP that rates by itself ignores it; Timepost then compares what the ERP bills with it.
    Negative where the line takes another one back.
    """

    contract: str = Field(max_length=100, description="The contract's code.")
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    unit: RateUnit
    rate: DecimalString | None = Field(
        default=None, description="Of a unit; null where none was asked for, as under a fixed fee."
    )
    quantity: DecimalString = Field(description="Units that are billed.")
    amount: DecimalString = Field(description="What is billed, rounded to the currency.")
    held_quantity: DecimalString = Field(
        default=Decimal(0), description="Units beyond the contract's limit, not to be billed yet."
    )
    held: DecimalString = Field(default=Decimal(0), description="Their worth.")


class PostingRequest(Contract):
    """One line to post, or to take back. Ids are the ERP's own: the caller resolves bindings.

    A line with negative minutes takes back another one; so does `delete`. `update` makes
    `target_line` what the request says. Each has a posting key of its own. A target that no
    longer carries `target_key` is somebody else's by now, and is refused as `stale_version`; a
    target of `delete` that is not there is `already_posted`.
    """

    posting_key: PostingKey
    legal_entity_id: ExternalId
    worker_id: ExternalId
    project_id: ExternalId
    task_id: ExternalId | None = None
    work_date: date
    accounting_date: date
    minutes: Minutes
    billable: bool
    narrative: str = Field(default="", max_length=3000, description="Confidential.")
    charge: Charge | None = Field(
        default=None, description="Null where Timepost knows no terms for the project."
    )
    operation: Operation = Operation.POST
    target_line: ExternalId | None = Field(
        default=None, description="The ERP's line that is taken back or rewritten."
    )
    target_key: PostingKey | None = Field(
        default=None, description="The posting key that the target carries."
    )

    @model_validator(mode="after")
    def _has_a_target(self) -> Self:
        if self.operation is not Operation.POST and self.target_line is None:
            raise ValueError("delete and update need target_line")
        return self


class PostRequest(Contract):
    """A batch. No call to the ERP is started after `deadline`."""

    items: list[PostingRequest] = Field(min_length=1, max_length=200)
    deadline: AwareDatetime


class InvoiceState(StrEnum):
    """Whether an invoice holds the line: none, one that may still be given up, or an issued one."""

    NONE = "none"
    DRAFT = "draft"
    INVOICED = "invoiced"


class PostedLine(Contract):
    """A line as it stands in the ERP, in our words."""

    external_id: ExternalId
    posting_key: PostingKey | None = Field(
        default=None, description="Null if the line cannot be traced to a posting key."
    )
    legal_entity_id: ExternalId
    worker_id: ExternalId
    project_id: ExternalId | None
    task_id: ExternalId | None = None
    work_date: date
    minutes: Minutes
    accounting_date: date | None = Field(
        default=None,
        description="The day in the ledger, where the ERP keeps one beside the work's.",
    )
    invoiced: InvoiceState = InvoiceState.NONE
    bill_amount: DecimalString | None = Field(
        default=None, description="What the ERP bills for the line, where it says so."
    )
    bill_currency: str | None = Field(
        default=None, description="Of that; null for the currency of the charge."
    )
    bill_rate: DecimalString | None = Field(
        default=None, description="The rate that the ERP bills at, where it says so."
    )
    cost_rate: DecimalString | None = Field(
        default=None,
        description="What an hour of it costs, in the legal entity's currency, where the ERP says "
        "so. It tells what people earn: compare it, and keep it nowhere.",
    )
    version: str | None = Field(default=None, description="The ERP's version token of the line.")


class ErrorClass(StrEnum):
    """Why the ERP refused, in one vocabulary for all ERPs."""

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


class ErpError(Contract):
    """A refusal. `vendor_message` is the ERP's text with our narrative removed."""

    error_class: ErrorClass
    vendor_code: str | None = None
    vendor_message: str = Field(max_length=2000)
    retriable: bool
    retry_after_seconds: int | None = Field(default=None, ge=0)


class OutcomeStatus(StrEnum):
    """`posted` and `already_posted` carry the line; `rejected` changed nothing and will again;
    `retry` changed nothing and may succeed later; `in_doubt` may have happened."""

    POSTED = "posted"
    ALREADY_POSTED = "already_posted"
    REJECTED = "rejected"
    RETRY = "retry"
    IN_DOUBT = "in_doubt"


class PostingOutcome(Contract):
    """What became of one posting."""

    posting_key: PostingKey
    status: OutcomeStatus
    line: PostedLine | None = Field(
        default=None,
        description="Read back from the ERP for posted and already_posted; none after a delete.",
    )
    error: ErpError | None = None


class PostOutcomes(Contract):
    """One outcome per item, in the order of the request; never one verdict for the batch."""

    outcomes: list[PostingOutcome]


class LookupItem(Contract):
    """A key to look for; the other fields narrow a search where the ERP has no index on keys."""

    posting_key: PostingKey
    worker_id: ExternalId | None = None
    work_date: date | None = None


class LookupRequest(Contract):
    """Postings to find again by key."""

    items: list[LookupItem] = Field(min_length=1, max_length=200)


class LookupResult(Contract):
    """More than one line with a key in `lines` is a double posting: severity 1."""

    lines: list[PostedLine]
    missing: list[PostingKey]


class ReadRequest(Contract):
    """Lines to read back by the ERP's ids."""

    external_ids: list[ExternalId] = Field(min_length=1, max_length=500)


class ReadResult(Contract):
    """`missing` lines no longer stand in the ERP."""

    lines: list[PostedLine]
    missing: list[ExternalId]


class MasterStatus(StrEnum):
    """Whether hours may be booked on it."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class LegalEntity(Contract):
    """A company that keeps books."""

    external_id: ExternalId
    code: str
    name: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    timezone: str | None = None


class Worker(Contract):
    """An employee or contractor as the ERP knows them."""

    external_id: ExternalId
    legal_entity_id: ExternalId
    employee_number: str | None = None
    name: str
    email: str | None = None
    hire_date: date | None = None
    termination_date: date | None = None


class Client(Contract):
    """A customer."""

    external_id: ExternalId
    code: str | None = None
    name: str


class Project(Contract):
    """Something clients are billed for; `bookable` if hours may stand on it without a task."""

    external_id: ExternalId
    legal_entity_id: ExternalId
    code: str | None = None
    name: str
    client_id: ExternalId | None = None
    status: MasterStatus
    bookable: bool
    start_date: date | None = None
    end_date: date | None = None


class Task(Contract):
    """A part of a project."""

    external_id: ExternalId
    project_id: ExternalId
    code: str | None = None
    name: str
    status: MasterStatus
    bookable: bool
    start_date: date | None = None
    end_date: date | None = None


class PeriodStatus(StrEnum):
    """`FUTURE` is not opened yet; `SOFT_CLOSED` takes only what finance lets in, with a reason;
    `CLOSED` may be opened again; `LOCKED` never is."""

    FUTURE = "FUTURE"
    OPEN = "OPEN"
    SOFT_CLOSED = "SOFT_CLOSED"
    CLOSED = "CLOSED"
    LOCKED = "LOCKED"


class AccountingPeriod(Contract):
    """A period of a legal entity's ledger."""

    external_id: ExternalId
    legal_entity_id: ExternalId
    name: str
    start_date: date
    end_date: date = Field(description="Inclusive.")
    status: PeriodStatus


class Page(Contract):
    """Base of master pages. Without `changed_since` the pages together are complete."""

    next_cursor: str | None = None


class LegalEntityPage(Page):
    items: list[LegalEntity]


class WorkerPage(Page):
    items: list[Worker]


class ClientPage(Page):
    items: list[Client]


class ProjectPage(Page):
    items: list[Project]


class TaskPage(Page):
    items: list[Task]


class PeriodPage(Page):
    items: list[AccountingPeriod]


Domain = Literal["legal-entities", "workers", "clients", "projects", "tasks", "periods"]
