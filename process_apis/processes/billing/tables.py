"""Contract terms. What is published is never changed: a later version goes before it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, Numeric, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.billing.rules import BillingType


class TermsState(StrEnum):
    """Of several published versions, the latest that covers a day holds on it."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"


class ContractTerms(SQLModel, table=True):
    """One version of what was agreed for some projects, or for all of a client's."""

    __tablename__ = "contract_terms"
    __table_args__ = (
        one_of("state", TermsState, "contract_terms_state"),
        one_of("type", BillingType, "contract_terms_type"),
        Index("contract_terms_version", "contract", "version", unique=True),
        Index("contract_terms_newest", "created_at", "id"),
        Index("contract_terms_published", "state", postgresql_where=text("state = 'PUBLISHED'")),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    contract: str = Field(description="Its code.")
    version: int
    type: str
    currency: str
    projects: list[str] = Field(
        sa_column=Column(Json, nullable=False), description="Codes; of none, the client counts."
    )
    client: str | None = Field(default=None, description="Code.")
    legal_entity: str | None = Field(default=None, description="Code; null for any.")
    engagement: str | None = None
    valid_from: date
    valid_to: date | None = Field(default=None, description="Inclusive.")
    limit_measure: str | None = None
    limit_size: Decimal | None = Field(default=None, sa_type=Numeric)
    limit_per: str | None = None
    beyond: str | None = None
    beyond_rate: Decimal | None = Field(default=None, sa_type=Numeric)
    rounding: dict[str, Any] = Field(
        sa_column=Column(Json, nullable=False), description="Of billed time: `TimePolicy`."
    )
    tie: str
    flag_by_contract: bool
    state: str
    created_at: datetime = Field(sa_type=Instant)
    created_by: str
    published_at: datetime | None = Field(default=None, sa_type=Instant)
    published_by: str | None = None
