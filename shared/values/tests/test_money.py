"""Amounts keep their currency and round as it demands."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.values import Money


@pytest.mark.parametrize(
    ("amount", "currency", "half_up", "half_even"),
    [
        ("93.725", "EUR", "93.73", "93.72"),
        ("13762.5", "JPY", "13763", "13762"),
        ("1.2345", "KWD", "1.235", "1.234"),
    ],
)
def test_rounding_is_to_the_currencys_own_minor_unit(
    amount: str, currency: str, half_up: str, half_even: str
) -> None:
    money = Money(amount=Decimal(amount), currency=currency)
    assert money.rounded().amount == Decimal(half_up)
    assert money.rounded(ROUND_HALF_EVEN).amount == Decimal(half_even)


def test_amounts_add_up_within_one_currency_only() -> None:
    one, two = (Money(amount=Decimal(each), currency="USD") for each in ("0.10", "0.20"))
    assert (one + two).amount == Decimal("0.30")
    with pytest.raises(ValueError, match="USD and EUR"):
        one + Money(amount=Decimal(1), currency="EUR")


def test_the_contract_admits_no_empty_amount_and_no_lower_case_currency() -> None:
    schema = TypeAdapter(Money).json_schema()
    assert schema["properties"]["amount"]["pattern"] == r"^-?\d{1,16}(\.\d{1,6})?$"
    with pytest.raises(ValidationError):
        Money(amount=Decimal(1), currency="eur")
