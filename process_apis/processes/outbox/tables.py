"""Events for downstream, written in the transaction that made them true."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json


class OutboxEvent(SQLModel, table=True):
    """One event; `published_at` is set by whatever delivers it."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        Index("outbox_event_unpublished", "id", postgresql_where=text("published_at IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    type: str
    subject: str
    data: dict[str, Any] = Field(sa_type=Json)
    carrier: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=Instant)
    published_at: datetime | None = Field(default=None, sa_type=Instant)
