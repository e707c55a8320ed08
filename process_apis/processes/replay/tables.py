"""Replays and their lines."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Index, Text, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.replay.states import JobState, LineOutcome


class ReplayJob(SQLModel, table=True):
    """One replay that was started.

    The lease is what brings a job back whose worker was killed; its token fences a worker that
    was only slow.
    """

    __tablename__ = "replay_job"
    __table_args__ = (
        one_of("state", JobState, "replay_job_state"),
        Index("replay_job_once", "started_by", "idempotency_key", unique=True),
        Index("replay_job_newest", "started_at", "id"),
        Index(
            "replay_job_to_do",
            "started_at",
            postgresql_where=text("state IN ('PENDING', 'RUNNING')"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    scope: dict[str, Any] = Field(sa_type=Json)
    states: list[str] = Field(sa_type=ARRAY(Text()))
    hash: str = Field(description="Of the dry run that its starter saw.")
    state: str
    started_by: str
    through: list[str] = Field(sa_type=ARRAY(Text()), description="Clients that acted for them.")
    idempotency_key: str
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    stopped_by: str | None = None
    lines: int
    minutes: int
    sent_on: int = 0
    still_fails: int = 0
    waits: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    changed: int = 0
    gone: int = 0
    takeovers: int = Field(default=0, description="Workers that took it up, in a row.")
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    lease_token: UUID | None = None
    updated_at: datetime = Field(sa_type=Instant)


class ReplayLine(SQLModel, table=True):
    """One posting of a replay; `digest` is that of the line which its starter saw."""

    __tablename__ = "replay_line"
    __table_args__ = (
        one_of("outcome", LineOutcome, "replay_line_outcome"),
        Index(
            "replay_line_to_do",
            "job_id",
            "posting_id",
            postgresql_where=text("outcome = 'PENDING'"),
        ),
    )

    job_id: UUID = Field(primary_key=True, foreign_key="replay_job.id")
    posting_id: UUID = Field(primary_key=True)
    digest: str
    outcome: str = LineOutcome.PENDING
