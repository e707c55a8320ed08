"""Rates of exchange: taken in by day, corrected without forgetting, and used with their rule."""

from typing import Any

import pytest

from process_apis.tests.conftest import Tier
from process_apis.tests.test_rates import Call, call

__all__ = ["call"]

Json = dict[str, Any]
QUOTES: list[Json] = [
    {"base": "EUR", "quote": "USD", "day": "2026-06-25", "rate": "1.0850"},
    {"base": "EUR", "quote": "USD", "day": "2026-06-26", "rate": "1.0920"},
    {"base": "USD", "quote": "GBP", "day": "2026-06-26", "rate": "0.79"},
]


async def uploaded(call: Call, quotes: list[Json], kind: str = "spot") -> Json:
    body = {"kind": kind, "source": "ECB", "quotes": quotes}
    answer = await call("maya", "POST", "/v1/fx-rates", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def converted(call: Call, amount: str, currency: str, to: str, **more: Any) -> Json:
    money = {"amount": amount, "currency": currency}
    body = {"amount": money, "currency": to, "day": "2026-06-28"} | more
    answer = await call("bill", "POST", "/v1/fx-rates/convert", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_last_quote_before_a_weekend_holds_and_is_named(tier: Tier, call: Call) -> None:
    assert await uploaded(call, QUOTES) == {"added": 3, "corrected": 0, "unchanged": 0}
    sunday = await converted(call, "900.00", "EUR", "USD")
    assert (sunday["rate"], sunday["day"]) == ("1.092", "2026-06-26")
    assert sunday["amount"] == {"amount": "982.80", "currency": "USD"}
    by_work_date = await converted(call, "900.00", "EUR", "USD", day="2026-06-25")
    assert by_work_date["amount"]["amount"] == "976.50"
    through = await converted(call, "100", "EUR", "GBP", via="USD")
    assert through["amount"]["amount"] == "86.27"
    assert through["explanation"].startswith("through USD: spot EUR to USD of 2026-06-26")
    yen = await converted(call, "1", "EUR", "EUR")
    assert yen["amount"]["amount"] == "1.00"


async def test_what_is_too_old_or_of_another_kind_is_missing(call: Call) -> None:
    await uploaded(call, QUOTES)
    for more in ({"day": "2026-07-02"}, {"kind": "corporate"}, {"max_age_days": 1}):
        found = await converted(call, "900.00", "EUR", "USD", **more)
        assert (found["code"], found["amount"]) == ("RT_FX_MISSING", None)


async def test_the_same_again_changes_nothing_and_another_rate_takes_the_place(call: Call) -> None:
    await uploaded(call, QUOTES)
    again = [QUOTES[0], {**QUOTES[1], "rate": "1.1000"}]
    assert await uploaded(call, again) == {"added": 0, "corrected": 1, "unchanged": 1}
    assert (await converted(call, "100", "EUR", "USD"))["amount"]["amount"] == "110.00"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({**QUOTES[0], "base": "XXQ"}, "body.quotes[1].base"),
        ({**QUOTES[0], "quote": "EUR"}, "body.quotes[1].quote"),
        ({**QUOTES[0], "rate": "1.2"}, "body.quotes[1].rate"),
        ({**QUOTES[0], "rate": "0"}, "body.quotes[1].rate"),
        ({**QUOTES[0], "rate": "-1"}, "body.quotes[1].rate"),
    ],
)
async def test_one_row_that_makes_no_sense_and_none_is_taken(
    call: Call, wrong: Json, field: str
) -> None:
    body = {"kind": "spot", "source": "ECB", "quotes": [QUOTES[0], wrong]}
    answer = await call("maya", "POST", "/v1/fx-rates", json=body)
    assert answer.status_code == 422, answer.text
    assert field in [each["field"].replace("$", "body") for each in answer.json()["errors"]]
    assert (await converted(call, "1", "EUR", "USD"))["code"] == "RT_FX_MISSING"


async def test_quotes_are_kept_by_finance(call: Call) -> None:
    body = {"kind": "spot", "source": "ECB", "quotes": QUOTES}
    answer = await call("bill", "POST", "/v1/fx-rates", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
