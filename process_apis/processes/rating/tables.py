"""Rate cards, and their lines. What is published is never changed: another version follows it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, Numeric, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.rating.fx import FxKind
from process_apis.processes.rating.rules import Side, Unit


class CardState(StrEnum):
    """`SUPERSEDED`: a later version of the same card was published."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    SUPERSEDED = "SUPERSEDED"


class RateCard(SQLModel, table=True):
    """One version of a card, with who wrote it and who published it."""

    __tablename__ = "rate_card"
    __table_args__ = (
        one_of("state", CardState, "rate_card_state"),
        one_of("side", Side, "rate_card_side"),
        Index("rate_card_version", "code", "version", unique=True),
        Index(
            "rate_card_published",
            "code",
            unique=True,
            postgresql_where=text("state = 'PUBLISHED'"),
        ),
        Index("rate_card_newest", "created_at", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    version: int
    side: str
    currency: str
    multipliers: dict[str, Any] = Field(
        sa_column=Column(Json, nullable=False), description="Time type -> factor, as a string."
    )
    state: str
    created_at: datetime = Field(sa_type=Instant)
    created_by: str
    published_at: datetime | None = Field(default=None, sa_type=Instant)
    published_by: str | None = None


class RateCardLine(SQLModel, table=True):
    """Whom or what a rate is for, how much it is, and since when."""

    __tablename__ = "rate_card_line"

    card_id: UUID = Field(primary_key=True)
    row: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    names: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    amount: Decimal = Field(sa_type=Numeric)
    unit: str
    valid_from: date
    valid_to: date | None = Field(default=None, description="Inclusive.")
    gap_allowed: bool

    __table_args__ = (one_of("unit", Unit, "rate_card_line_unit"),)


class FxRate(SQLModel, table=True):
    """What a currency cost on a day, as somebody uploaded it. A correction keeps what was there."""

    __tablename__ = "fx_rate"
    __table_args__ = (
        one_of("kind", FxKind, "fx_rate_kind"),
        Index(
            "fx_rate_current",
            "kind",
            "base",
            "quote",
            "day",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    base: str
    quote: str
    day: date
    rate: Decimal = Field(sa_type=Numeric)
    source: str
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: str
    replaced_at: datetime | None = Field(default=None, sa_type=Instant)
