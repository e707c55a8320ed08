"""Readings of masters: what was listed, what that would change, and how far it is taken over."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of


class RunStatus(StrEnum):
    """State of a master data run.

    STOPPED: too much would vanish; a steward confirms, or a later reading shows that it was a
    fault. SUPERSEDED: another run stands for it, a later one, or one that waits with the same.
    """

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    STOPPED = "STOPPED"
    SUPERSEDED = "SUPERSEDED"


class MasterDataRun(SQLModel, table=True):
    """One reading of a connection's masters, with its counts.

    `compared_at` divides it: before, a run that was killed reads anew; after, it goes on with
    what it staged.
    """

    __tablename__ = "master_data_run"
    __table_args__ = (
        one_of("status", RunStatus, "master_data_run_status"),
        Index(
            "master_data_run_one_running",
            "connection",
            unique=True,
            postgresql_where=text("status = 'RUNNING'"),
        ),
        Index("master_data_run_newest", "connection", "started_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str
    status: str = Field(default=RunStatus.RUNNING)
    step: str = Field(description="What it is doing, in words.")
    dry_run: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    changed_since: datetime | None = Field(
        default=None, sa_type=Instant, description="Only what changed since then was asked for."
    )
    read: int = 0
    created: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    changed: int = 0
    vanished: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    refused: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    applied: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    started_at: datetime = Field(sa_type=Instant)
    compared_at: datetime | None = Field(default=None, sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str | None = None
    stopped_because: str | None = None
    vanished_digest: str | None = Field(
        default=None, description="Two runs from which the same would vanish have the same."
    )
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = None
    confirmed_through: list[str] = Field(
        default_factory=list, sa_column=Column(Json, nullable=False, server_default="[]")
    )
    confirmed_reason: str | None = None


class StagedRecord(SQLModel, table=True):
    """A row as the owner listed it, until its run is over."""

    __tablename__ = "master_data_staged"
    __table_args__ = (Index("master_data_staged_ids", "run_id", "kind", "external_id"),)

    run_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    position: int = Field(
        primary_key=True,
        sa_column_kwargs={"autoincrement": False},
        description="Which row of the list, from 1.",
    )
    external_id: str
    facts: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    fault: str | None = Field(default=None, description="Why it is not taken over.")


class ChangeKind(StrEnum):
    """What a reading does to one record."""

    CREATED = "created"
    CHANGED = "changed"
    VANISHED = "vanished"
    REFUSED = "refused"


class MasterDataChange(SQLModel, table=True):
    """One line of a run's diff; kept with the run."""

    __tablename__ = "master_data_change"
    __table_args__ = (
        one_of("change", ChangeKind, "master_data_change_kind"),
        Index("master_data_change_run", "run_id", "id"),
        Index(
            "master_data_change_due",
            "run_id",
            "kind",
            "id",
            postgresql_where=text("applied_at IS NULL AND change <> 'refused'"),
        ),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    run_id: UUID
    kind: str
    external_id: str
    name: str
    change: str
    attributes: dict[str, Any] = Field(
        sa_column=Column(Json, nullable=False), description="Attribute -> before and after."
    )
    row: int | None = None
    reason: str | None = None
    applied_at: datetime | None = Field(default=None, sa_type=Instant)
