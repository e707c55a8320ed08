"""What a tracker is to have of an ERP's masters, and how far that is."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of


class PushState(StrEnum):
    """`TAKEN`: people made one of that name in the tracker, or bound one of theirs to the record:
    nothing of it is ever changed. `REFUSED`: the tracker will not."""

    PENDING = "PENDING"
    DONE = "DONE"
    TAKEN = "TAKEN"
    REFUSED = "REFUSED"


class PushKind(StrEnum):
    """In the order in which they are made."""

    CLIENT = "client"
    PROJECT = "project"
    TASK = "task"


class PushPlan(SQLModel, table=True):
    """When a tracker was last compared with its ERP's masters; readings that end later make the
    next comparison due."""

    __tablename__ = "push_plan"

    tracker: str = Field(primary_key=True)
    planned_at: datetime = Field(sa_type=Instant)


class MasterPush(SQLModel, table=True):
    """One record of the ERP at one tracker. The intent is written before the tracker is asked."""

    __tablename__ = "master_push"
    __table_args__ = (
        one_of("state", PushState, "master_push_state"),
        one_of("kind", PushKind, "master_push_kind"),
        UniqueConstraint("tracker", "record_id"),
        Index(
            "master_push_due",
            "tracker",
            "due_at",
            postgresql_where=text("state = 'PENDING'"),
        ),
        Index("master_push_listed", "tracker", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tracker: str
    erp: str
    kind: str
    record_id: UUID = Field(description="Canonical id.")
    reference: str = Field(description="What stands in the tracker beside it.")
    wanted: dict[str, Any] = Field(
        sa_column=Column(Json, nullable=False), description="name, open, billable, parent."
    )
    state: str
    tracker_id: str | None = None
    told_names: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(Text()),
        description="Names that the tracker was told since it last answered.",
    )
    attempts: int = Field(default=0)
    message: str | None = Field(default=None, description="Why not, in the tracker's words.")
    due_at: datetime = Field(sa_type=Instant)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    lease_token: UUID | None = None
    updated_at: datetime = Field(sa_type=Instant)
