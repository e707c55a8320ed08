"""Wire contract of `billing` v1."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from process_apis.processes.billing.rules import (
    Beyond,
    Billing,
    BillingType,
    LimitPer,
    Measure,
)
from process_apis.processes.billing.tables import TermsState
from process_apis.processes.rating.rounding import Tie
from process_apis.processes.rating.rules import Unit
from process_apis.processes.rating.schemas import TimePolicy
from process_apis.texts import Storable
from shared.values.money import DecimalString

_Code = Annotated[Storable, Field(min_length=1, max_length=100)]
_Size = Annotated[DecimalString, Field(gt=0, max_digits=16, decimal_places=6)]


class LimitTerms(BaseModel):
    """How much hours may come to, and what becomes of what is beyond that."""

    model_config = ConfigDict(extra="forbid")

    measure: Measure
    size: _Size = Field(description="In the terms' currency, or in hours.")
    per: LimitPer = LimitPer.CONTRACT
    beyond: Beyond = Beyond.HOLD
    rate: Annotated[DecimalString, Field(ge=0, max_digits=16, decimal_places=6)] | None = Field(
        default=None, description="Of an hour or day beyond the limit; only with `OVERAGE`."
    )


class NewTerms(BaseModel):
    """A draft: the next version of this contract's terms, or its first."""

    model_config = ConfigDict(extra="forbid")

    contract: _Code
    type: BillingType
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    projects: list[_Code] = Field(
        default_factory=list, max_length=1000, description="Codes of the projects that it covers."
    )
    client: _Code | None = Field(
        default=None,
        description="Instead of projects: all of a client's that no other terms name.",
    )
    legal_entity: _Code | None = Field(
        default=None, description="Only projects of it; null for those of any."
    )
    engagement: _Code | None = Field(default=None, description="What rate cards may name.")
    valid_from: date
    valid_to: date | None = Field(default=None, description="Inclusive; null while it lasts.")
    limit: LimitTerms | None = None
    rounding: TimePolicy = TimePolicy()
    tie: Tie = Field(default=Tie.HALF_UP, description="Of amounts, exactly between two.")
    flag_by_contract: bool = Field(
        default=False,
        description="Whether hours are billable is for the contract to say. If not, hours that "
        "are entered as billable on a contract that bills none wait as `CT_RULE_MISMATCH`.",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if bool(self.projects) == (self.client is not None):
            raise ValueError("name either projects or a client")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        if self.limit is None and self.type is BillingType.RETAINER:
            raise ValueError("a retainer needs a limit: what is paid for already")
        if self.limit is not None:
            _check_limit(self.type, self.limit)
        return self


def _check_limit(type_: BillingType, limit: LimitTerms) -> None:
    if type_ not in (BillingType.TIME_AND_MATERIAL, BillingType.RETAINER):
        raise ValueError(f"terms of type {type_} have no limit")
    if limit.rate is not None and limit.beyond is not Beyond.OVERAGE:
        raise ValueError("limit.rate needs limit.beyond OVERAGE")


class TermsView(NewTerms):
    """One version of a contract's terms."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    version: int
    state: TermsState
    created_at: datetime
    created_by: str
    published_at: datetime | None
    published_by: str | None


class TermsPage(BaseModel):
    """Terms, the latest first."""

    terms: list[TermsView]
    next_cursor: str | None


class PartView(BaseModel):
    """A part of a charge; they add up to the whole."""

    billing: Billing
    quantity: DecimalString = Field(description="In the unit of the rate.")
    amount: DecimalString = Field(description="What it is worth.")


class ChargeView(BaseModel):
    """What an entry comes to under the terms of its contract."""

    terms_id: UUID
    contract: str
    version: int = Field(description="Of the terms.")
    type: BillingType
    currency: str
    unit: Unit
    rate: DecimalString | None = Field(description="Of a unit; null where none was asked for.")
    parts: list[PartView]
    explanation: str
    limit_key: str | None = Field(description="What shares the limit: contract, or its month.")
    consumed: DecimalString = Field(description="Of the limit, in its measure.")
    card_id: UUID | None
    card: str | None
    card_version: int | None
    card_row: int | None


class LimitUsage(BaseModel):
    """How far one limit of a contract is used up."""

    limit_key: str
    measure: Measure
    size: DecimalString
    consumed: DecimalString
    room: DecimalString
    held: DecimalString = Field(description="Worth of what waits for room, in the currency.")
    percent: DecimalString = Field(description="Consumed, of the size; one decimal place.")
    reached: int | None = Field(description="The last of 75, 90 and 100 percent that is reached.")


class ContractUsage(BaseModel):
    """How a contract stands: what was charged, and how far its limits are used up."""

    contract: str
    currency: str
    postings: int
    billed: DecimalString
    covered: DecimalString
    held: DecimalString
    limits: list[LimitUsage]
