"""What is to be told to the trackers."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, one_of


class FeedbackState(StrEnum):
    """`UNSUPPORTED`: this tracker has no place for it. `FAILED`: given up after many tries.
    `WITHHELD`: each telling changed the entry, which made something else to tell."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    UNSUPPORTED = "UNSUPPORTED"
    FAILED = "FAILED"
    WITHHELD = "WITHHELD"


class FeedbackItem(SQLModel, table=True):
    """One outcome to tell, once per posting and outcome."""

    __tablename__ = "feedback_item"
    __table_args__ = (
        one_of("state", FeedbackState, "feedback_item_state"),
        Index("feedback_item_once", "posting_id", "outcome", unique=True),
        Index(
            "feedback_item_entry",
            "time_entry_id",
            postgresql_where=text("state = 'PENDING'"),
        ),
        Index(
            "feedback_item_told",
            "time_entry_id",
            "told_at",
            postgresql_where=text("told_at IS NOT NULL"),
        ),
        Index(
            "feedback_item_due",
            "connection",
            "due_at",
            postgresql_where=text("state = 'PENDING'"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    posting_id: UUID
    time_entry_id: UUID
    connection: str
    entry_external_id: str
    outcome: str
    document: str | None = None
    reason: str | None = None
    state: str = Field(default=FeedbackState.PENDING)
    attempts: int = 0
    due_at: datetime = Field(sa_type=Instant)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    told_at: datetime | None = Field(
        default=None, sa_type=Instant, description="Just before the tracker was last told."
    )
    created_at: datetime = Field(sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
