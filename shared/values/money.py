"""Amounts with their currency; never a float, never added across currencies."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

# pydantic's own JSON pattern for Decimal admits the empty string, so the pattern is ours.
DecimalString = Annotated[
    Decimal,
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,16}(\.\d{1,6})?$"}),
]

# ISO 4217 minor units that are not 2 (ISO 4217:2015, table A.1).
_EXPONENTS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "KWD": 3, "TND": 3}


class Money(BaseModel):
    """An amount in one currency (ISO 4217)."""

    model_config = ConfigDict(frozen=True)

    amount: DecimalString
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def rounded(self, rounding: str = ROUND_HALF_UP) -> "Money":
        """To the currency's minor unit; ``rounding`` is one of :mod:`decimal`'s modes."""
        quantum = Decimal(1).scaleb(-_EXPONENTS.get(self.currency, 2))
        return Money(amount=self.amount.quantize(quantum, rounding), currency=self.currency)
