"""Wire contract of `rating` v1: rates of exchange."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.rating.fx import MAX_AGE_DAYS, FxKind
from process_apis.texts import Storable
from shared.values import Money
from shared.values.money import DecimalString

_Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class NewQuote(BaseModel):
    """One unit of `base` costs `rate` of `quote`."""

    model_config = ConfigDict(extra="forbid")

    base: _Currency
    quote: _Currency
    day: date = Field(description="Of an average, the last day of its month.")
    rate: Annotated[DecimalString, Field(gt=0, max_digits=20, decimal_places=10)]


class NewQuotes(BaseModel):
    """Quotes of one kind and source."""

    model_config = ConfigDict(extra="forbid")

    kind: FxKind
    source: Storable = Field(min_length=1, max_length=100, description="Such as a central bank.")
    quotes: list[NewQuote] = Field(min_length=1, max_length=5000)


class QuotesTaken(BaseModel):
    """What became of them."""

    added: int
    corrected: int = Field(description="Another rate was there; it is kept, and holds no more.")
    unchanged: int


class Conversion(BaseModel):
    """An amount, and what it is to be told in."""

    model_config = ConfigDict(extra="forbid")

    amount: Money
    currency: _Currency
    day: date
    kind: FxKind = FxKind.SPOT
    max_age_days: int = Field(default=MAX_AGE_DAYS, ge=0, le=31)
    via: _Currency | None = Field(
        default=None, description="Gone through where the two are not quoted together."
    )


class Converted(BaseModel):
    """What it is worth, at which rate, and why at that."""

    code: str | None = Field(description="RT_FX_MISSING, and then there is no amount; else null.")
    explanation: str
    rate: DecimalString | None = None
    day: date | None = Field(default=None, description="Of the quote that was used.")
    amount: Money | None = None
