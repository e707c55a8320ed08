"""The sub-ledger."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Index, Numeric, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.posting.lanes import Lane
from process_apis.processes.posting.states import Operation, PostingState

# A posting in one of these may stand in the ERP, or will: never two of them for one lineage and
# leg. One that rewrites the line of another stands in its place. The reversal that takes it back
# is beside it, and alone, too.
MAY_STAND_IN_ERP = (
    "kind <> 'REVERSAL' AND (state IN ('POSTED', 'MISPOSTED', 'REVERSAL_PENDING')"
    " OR (operation <> 'update' AND state IN ('READY', 'ON_HOLD', 'SENDING', 'IN_DOUBT')))"
)
IS_OPEN = (
    "state IN ('RECEIVED', 'READY', 'PARKED', 'BLOCKED', 'ON_HOLD', 'SENDING', 'IN_DOUBT',"
    " 'MISPOSTED', 'DEAD_LETTER')"
)


class Posting(SQLModel, table=True):
    """One approved version on its way into one leg of one ERP's ledger.

    The posting key is unique and never expires. `lease_token` fences a worker that lost its
    lease: its late outcome changes nothing here, and the look-up finds what it did.
    """

    __tablename__ = "posting"
    __table_args__ = (
        one_of("state", PostingState, "posting_state"),
        one_of("operation", Operation, "posting_operation"),
        Index("posting_key_once", "posting_key", unique=True),
        Index(
            "posting_one_live",
            "time_entry_id",
            "leg",
            unique=True,
            postgresql_where=text(MAY_STAND_IN_ERP),
        ),
        Index(
            "posting_one_reversal",
            "time_entry_id",
            "leg",
            unique=True,
            postgresql_where=text(f"kind = 'REVERSAL' AND {IS_OPEN}"),
        ),
        Index("posting_row_once", "time_entry_id", "version", "leg", "kind", "round", unique=True),
        Index(
            "posting_correction",
            "correction_group",
            postgresql_where=text("correction_group IS NOT NULL"),
        ),
        Index(
            "posting_to_take_back",
            "target_connection",
            "due_at",
            postgresql_where=text("kind = 'REVERSAL' AND state = 'RECEIVED'"),
        ),
        Index("posting_state", "state"),
        Index("posting_newest", "updated_at", "id"),
        Index(
            "posting_by_lane",
            "target_connection",
            "lane",
            "due_at",
            postgresql_where=text("state = 'READY'"),
        ),
        Index(
            "posting_to_look_up",
            "target_connection",
            "due_at",
            postgresql_where=text("state IN ('SENDING', 'IN_DOUBT')"),
        ),
        Index("posting_limit", "limit_key", postgresql_where=text("limit_key IS NOT NULL")),
        Index("posting_held", "limit_key", postgresql_where=text("held IS NOT NULL")),
        Index(
            "posting_contract",
            text("(charge ->> 'contract')"),
            postgresql_where=text("charge IS NOT NULL"),
        ),
        Index("posting_day_open", "id", postgresql_where=text("day_open")),
        Index("posting_received", "id", postgresql_where=text("state = 'RECEIVED'")),
        Index(
            "posting_waiting_for",
            "waiting_for",
            postgresql_using="gin",
            postgresql_where=text("state = 'PARKED'"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    posting_key: str | None = Field(default=None, description="Set when the target is known.")
    time_entry_id: UUID
    version: int
    leg: str
    kind: str
    round: int = Field(
        default=0,
        sa_column_kwargs={"server_default": "0"},
        description="How often this version was posted, or taken back, before.",
    )
    correction_group: UUID | None = Field(
        default=None, description="Shared by a reversal and what replaces the reversed."
    )
    reverses_id: UUID | None = Field(default=None, description="The posting that this takes back.")
    serves_version: int | None = Field(
        default=None,
        description="The approved version that it is there for, if that is not its own; for a "
        "reversal without one, nothing shall stand in its place.",
    )
    operation: str = Field(
        default=Operation.POST, sa_column_kwargs={"server_default": Operation.POST.value}
    )
    target_line: str | None = Field(
        default=None, description="The ERP's line that an operation other than `post` is about."
    )
    decision: dict[str, Any] | None = Field(
        default=None, sa_type=Json, description="What a person decided about it, who, and why."
    )
    source_connection: str
    target_connection: str | None = None
    state: str
    work_date: date
    minutes: int
    legal_entity: str | None = Field(default=None, description="The ERP's id.")
    accounting_date: date | None = Field(
        default=None, description="The day in the ledger, in a period that is open."
    )
    prior_period: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": "false"},
        description="The work date's own period was closed.",
    )
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    code: str | None = Field(default=None, description="Catalogue code while not posted.")
    findings: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    waiting_for: list[str] = Field(default_factory=list, sa_type=ARRAY(Text()))
    woken_by: str | None = Field(
        default=None, description="What it waited for, in words, until it is judged again."
    )
    request: dict[str, Any] | None = Field(
        default=None, sa_type=Json, description="The intent: what is, or would be, sent."
    )
    mapping_id: UUID | None = Field(
        default=None, description="The version of the mapping that it was judged with."
    )
    mapping_version: int | None = None
    mapping_row: int | None = Field(default=None, description="The rule that decided.")
    billing_code: str | None = None
    activity: str | None = None
    day_open: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="It was taken back, and the day that it was charged by is to be made up again.",
    )
    charge: dict[str, Any] | None = Field(
        default=None,
        sa_type=Json,
        description="What a client is billed for it under the terms of its contract, and why.",
    )
    limit_key: str | None = Field(default=None, description="The limit that it consumes of.")
    consumed: Decimal | None = Field(
        default=None, sa_type=Numeric, description="Of the limit, in its measure."
    )
    held: Decimal | None = Field(
        default=None, sa_type=Numeric, description="Worth of what is beyond the limit."
    )
    cost_card: UUID | None = Field(
        default=None,
        description="The card that says what an hour of it should cost, and which row of it; never"
        " how much.",
    )
    cost_row: int | None = None
    line: dict[str, Any] | None = Field(
        default=None, sa_type=Json, description="As read back from the ERP."
    )
    external_id: str | None = None
    erp_error: dict[str, Any] | None = Field(default=None, sa_type=Json)
    lane: int = Field(
        default=Lane.NORMAL,
        sa_type=SmallInteger,
        sa_column_kwargs={"server_default": str(Lane.NORMAL.value)},
        description="Lower ones are sent first.",
    )
    attempts: int = Field(default=0, description="Since it was received, or last taken up again.")
    attempts_before: int = Field(
        default=0,
        sa_column_kwargs={"server_default": "0"},
        description="Attempts before a person took it up again. Whatever was ever sent keeps its "
        "key and its target.",
    )
    lookups: int = 0
    due_at: datetime = Field(sa_type=Instant)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    lease_token: UUID | None = None
    carrier: dict[str, Any] = Field(sa_type=Json)
    posted_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
