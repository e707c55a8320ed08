"""Rate cards: written by one person, published by another, asked for the one rate that holds."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.tests.conftest import Tier
from process_apis.tests.signing_in import token_of

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

LINE: Json = {
    "names": {"role": "Senior"},
    "amount": "250.00",
    "valid_from": "2026-01-01",
    "valid_to": "2026-06-30",
}
LATER = {**LINE, "amount": "260.00", "valid_from": "2026-07-01", "valid_to": None}
CARD: Json = {"code": "STD", "side": "BILL", "currency": "USD", "lines": [LINE, LATER]}


@pytest.fixture
def call(tier: Tier, identity: RunningIdentityServer) -> Call:
    """A call as somebody of the firm."""
    tokens: dict[str, str] = {}

    async def as_somebody(who: str, method: str, path: str, **more: Any) -> Any:
        if who not in tokens:
            tokens[who] = await token_of(identity, who, "rates:read", "rates:write")
        headers = {"Authorization": f"Bearer {tokens[who]}"}
        return await tier.call(method, path, headers=headers, **more)

    return as_somebody


async def drafted(call: Call, who: str = "maya", **changes: Any) -> Json:
    answer = await call(who, "POST", "/v1/rate-cards", json=CARD | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["card"])


async def published(call: Call, **changes: Any) -> Json:
    card = await drafted(call, **changes)
    answer = await call("carl", "POST", f"/v1/rate-cards/{card['id']}/publish")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["card"])


async def explained(call: Call, who: str = "maya", **question: Any) -> Json:
    asked = {"work_date": "2026-06-25", "names": {"role": "Senior"}} | question
    answer = await call(who, "POST", "/v1/rates/explain", json=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_nothing_holds_before_a_second_person_has_published_it(call: Call) -> None:
    card = await drafted(call)
    assert (card["state"], card["version"]) == ("DRAFT", 1)
    missing = await explained(call)
    assert (missing["code"], missing["total"]) == ("RT_MISSING", None)

    path = f"/v1/rate-cards/{card['id']}/publish"
    refused = await call("maya", "POST", path)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    answer = await call("carl", "POST", path)
    assert (answer.json()["card"]["state"], answer.json()["card"]["published_by"]) == (
        "PUBLISHED",
        "carl",
    )
    own = await drafted(call, "carl", code="OWN", lines=[{**LINE, "names": {"role": "Junior"}}])
    refused = await call("carl", "POST", f"/v1/rate-cards/{own['id']}/publish")
    assert (refused.status_code, refused.json()["code"]) == (403, "author_may_not_publish")
    again = await call("carl", "POST", path)
    assert (again.status_code, again.json()["code"]) == (409, "rate_card_not_draft")
    found = await explained(call, minutes=[480])
    assert found["explanation"].startswith("rule 13: role Senior, valid from 2026-01-01")
    assert (found["effective"], found["total"]) == (
        "250.00",
        {"amount": "2000.00", "currency": "USD"},
    )


async def test_the_day_of_work_chooses_and_the_next_version_takes_the_place(call: Call) -> None:
    first = await published(call)
    assert (await explained(call, work_date="2026-07-01"))["base"] == "260.00"
    second = await published(call, lines=[{**LINE, "amount": "255.00"}])
    assert second["version"] == 2
    assert (await explained(call))["version"] == 2
    listed = (await call("maya", "GET", "/v1/rate-cards")).json()["cards"]
    assert [(each["version"], each["state"]) for each in listed] == [
        (2, "PUBLISHED"),
        (1, "SUPERSEDED"),
    ]
    kept = (await call("maya", "GET", f"/v1/rate-cards/{first['id']}")).json()["lines"]
    assert [each["amount"] for each in kept] == ["250.00", "260.00"]
    page = (await call("maya", "GET", "/v1/rate-cards?limit=1")).json()
    rest = await call("maya", "GET", f"/v1/rate-cards?limit=1&cursor={page['next_cursor']}")
    assert [each["version"] for each in rest.json()["cards"]] == [1]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({**LATER, "valid_from": "2026-06-30"}, "overlaps with row 1"),
        ({**LATER, "valid_from": "2026-07-10"}, "leaves a gap after row 1"),
    ],
)
async def test_overlaps_and_gaps_are_refused_by_row_when_it_is_published(
    call: Call, second: Json, said: str
) -> None:
    await published(call)
    card = await drafted(call, lines=[LINE, second])
    answer = await call("carl", "POST", f"/v1/rate-cards/{card['id']}/publish")
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == "body.lines[1].valid_from"
    assert said in error["message"]
    assert (await explained(call))["version"] == 1, "the last good version stays"


async def test_two_cards_do_not_hold_for_the_same_at_once(call: Call) -> None:
    await published(call)
    other = await drafted(call, code="OTHER")
    answer = await call("carl", "POST", f"/v1/rate-cards/{other['id']}/publish")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "holds at the same time as row 1 of STD"
    await published(call, code="EURO", currency="EUR")
    several = await explained(call)
    assert (several["code"], len(several["several"])) == ("RT_AMBIGUOUS", 2)
    assert (await explained(call, currency="EUR"))["card"] == "EURO"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "XXQ"}, "body.currency"),
        ({"lines": [{**LINE, "amount": "-1"}]}, "body.lines[0].amount"),
        ({"lines": [LINE, {**LINE, "valid_to": "2025-01-01"}]}, "body.lines[1].valid_to"),
        ({"lines": [{**LINE, "names": {"grade": "G3"}}]}, "body.lines[0].names"),
        ({"lines": []}, "body.lines"),
        ({"multipliers": {"overtime": "0"}}, "body.multipliers.overtime"),
    ],
)
async def test_a_draft_that_makes_no_sense_is_not_kept(
    call: Call, changes: Json, field: str
) -> None:
    answer = await call("maya", "POST", "/v1/rate-cards", json=CARD | changes)
    assert answer.status_code == 422, answer.text
    assert field in [each["field"].replace("$", "body") for each in answer.json()["errors"]]
    assert (await call("maya", "GET", "/v1/rate-cards")).json()["cards"] == []


async def test_what_work_costs_is_for_finance_alone(call: Call) -> None:
    card = await published(call, code="COSTS", side="COST")
    assert (await explained(call, side="COST"))["base"] == "250.00"
    for method, path, body in (
        ("GET", f"/v1/rate-cards/{card['id']}", None),
        ("GET", "/v1/rate-cards?side=COST", None),
        ("POST", "/v1/rate-cards", CARD | {"side": "COST"}),
        ("POST", "/v1/rates/explain", {"side": "COST", "work_date": "2026-06-25", "names": {}}),
    ):
        answer = await call("bill", method, path, **({"json": body} if body else {}))
        assert (answer.status_code, answer.json()["code"]) == (403, "cost_rates_restricted")
    assert (await call("bill", "GET", "/v1/rate-cards")).json()["cards"] == []


async def test_time_and_amounts_are_rounded_as_asked(call: Call) -> None:
    line = {"names": {"role": "Senior"}, "amount": "100.05", "valid_from": "2026-01-01"}
    await published(call, lines=[line], multipliers={"overtime": "1.5"})
    quarters = {"direction": "nearest", "step": 15}
    by_line = await explained(call, minutes=[7, 7, 7], rounding={**quarters, "per": "line"})
    by_day = await explained(call, minutes=[7, 7, 7], rounding={**quarters, "per": "day"})
    assert (by_line["total"]["amount"], by_day["total"]["amount"]) == ("0.00", "25.01")
    assert [float(each) for each in by_day["quantities"]] == [0.25]
    thirds = await explained(call, minutes=[20, 20, 20], amounts_per="invoice")
    assert [each["amount"] for each in thirds["amounts"]] == ["33.35", "33.35", "33.35"]
    overtime = await explained(call, time_type="overtime")
    assert (overtime["base"], overtime["total"]["amount"]) == ("100.05", "150.08")
    assert overtime["explanation"].endswith("times 1.5 for overtime")


async def test_a_rate_by_the_day_counts_all_of_the_day(call: Call) -> None:
    line = {
        "names": {"role": "Senior"},
        "amount": "1800",
        "unit": "day",
        "valid_from": "2026-01-01",
    }
    await published(call, lines=[line])
    assert (await explained(call, minutes=[200]))["total"]["amount"] == "900.00"
    assert (await explained(call, minutes=[200, 100]))["total"]["amount"] == "1800.00"


async def test_nought_is_a_rate_and_an_override_goes_first(call: Call) -> None:
    await published(call, lines=[{**LINE, "amount": "0"}])
    free = await explained(call)
    assert (free["code"], free["total"]["amount"]) == (None, "0.00")
    said = {"amount": "99.5", "currency": "EUR"}
    override = await explained(call, override=said)
    assert (override["rule"], override["total"]) == (1, {"amount": "99.50", "currency": "EUR"})
