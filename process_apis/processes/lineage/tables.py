"""Append-only history of every entry."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json


class LineageEvent(SQLModel, table=True):
    """One step. Never updated, never deleted; never holds narrative text."""

    __tablename__ = "lineage_event"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    time_entry_id: UUID = Field(index=True)
    posting_id: UUID | None = None
    at: datetime = Field(sa_type=Instant)
    what: str
    actor: str
    detail: dict[str, Any] = Field(sa_type=Json)
    trace_id: str | None = None
