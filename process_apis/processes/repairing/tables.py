"""Copies that are to be brought in line with their owner, and how far that is."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of


class RepairState(StrEnum):
    """`OUTDATED`: it was changed there meanwhile, and the next reading tells what it says.
    `REFUSED`: the system will not have it. `HELD`: suspiciously many at once. `CONTESTED`: somebody
    changes it back again and again. `OVER`: it differs no more, without our doing."""

    PENDING = "PENDING"
    DONE = "DONE"
    OUTDATED = "OUTDATED"
    REFUSED = "REFUSED"
    HELD = "HELD"
    CONTESTED = "CONTESTED"
    OVER = "OVER"


class MasterRepair(SQLModel, table=True):
    """One attribute of one record of a system. The intent is written before the system is asked."""

    __tablename__ = "master_repair"
    __table_args__ = (
        one_of("state", RepairState, "master_repair_state"),
        one_of("kind", ("worker", "client"), "master_repair_kind"),
        UniqueConstraint("connection", "kind", "external_id", "attribute"),
        Index(
            "master_repair_due",
            "connection",
            "due_at",
            postgresql_where=text("state = 'PENDING'"),
        ),
        Index("master_repair_listed", "connection", "id"),
        Index(
            "master_repair_open",
            "connection",
            postgresql_where=text("state NOT IN ('DONE', 'OVER')"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str = Field(description="Whose copy it is.")
    kind: str
    external_id: str = Field(description="Of the copy.")
    attribute: str
    name: str = Field(description="What people call the record.")
    owner_connection: str
    owner_external_id: str
    why: str = Field(description="Why what the owner says counts.")
    seen: str | None = Field(default=None, description="What the copy said when it was read.")
    wanted: str = Field(description="What the owner says.")
    state: str
    writes: int = Field(default=0, description="How often this value was written since `since`.")
    since: datetime | None = Field(
        default=None, sa_type=Instant, description="When this value was first written."
    )
    written_at: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = Field(default=0)
    message: str | None = Field(default=None, description="Why not, in the system's words.")
    released_by: str | None = Field(default=None, description="Who let it through.")
    released_through: list[str] = Field(
        default_factory=list, sa_column=Column(Json, nullable=False, server_default="[]")
    )
    released_reason: str | None = None
    released_at: datetime | None = Field(default=None, sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    listed_at: datetime = Field(sa_type=Instant, description="When it was last found to differ.")
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    lease_token: UUID | None = None
    updated_at: datetime = Field(sa_type=Instant)


class RepairPlan(SQLModel, table=True):
    """When a connection's copies were last compared for repairs, and what it can write.

    Readings that end later make the next comparison due.
    """

    __tablename__ = "repair_plan"

    connection: str = Field(primary_key=True)
    tried_at: datetime = Field(sa_type=Instant)
    planned_at: datetime | None = Field(default=None, sa_type=Instant)
    writable: list[str] = Field(
        default_factory=list, sa_column=Column(Json, nullable=False, server_default="[]")
    )
    lacking: list[str] = Field(
        default_factory=list,
        sa_column=Column(Json, nullable=False, server_default="[]"),
        description="Attributes that are configured, and that it cannot write.",
    )
