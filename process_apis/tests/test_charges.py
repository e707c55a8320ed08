"""What clients are billed for hours: terms, rates and limits decide before anything is posted."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.processes.posting import receive, recharging, validation
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.corrections import change, finish, sums
from process_apis.tests.signing_in import token_of

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

CARD: Json = {
    "code": "STD",
    "side": "BILL",
    "currency": "USD",
    "lines": [
        {
            "names": {"project": "HR-1042", "worker": "E001"},
            "amount": "200",
            "valid_from": "2026-01-01",
        }
    ],
}
TERMS: Json = {
    "contract": "SOW-114",
    "type": "TIME_AND_MATERIAL",
    "currency": "USD",
    "projects": ["HR-1042"],
    "valid_from": "2026-01-01",
}


def limited(size: str, **more: Any) -> Json:
    return {"limit": {"measure": "amount", "size": size, **more}}


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


async def drafted(call: Call, **changes: Any) -> Json:
    answer = await call("bill", "POST", "/v1/contract-terms", json=TERMS | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def agreed(call: Call, **changes: Any) -> Json:
    """Terms that one has written and another has published."""
    path = f"/v1/contract-terms/{(await drafted(call, **changes))['id']}/publish"
    answer = await call("carl", "POST", path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def priced(call: Call, **changes: Any) -> None:
    card = await call("maya", "POST", "/v1/rate-cards", json=CARD | changes)
    assert card.status_code == 201, card.text
    path = f"/v1/rate-cards/{card.json()['card']['id']}/publish"
    answer = await call("carl", "POST", path)
    assert answer.status_code == 200, answer.text


async def work(tier: Tier, name: str, minutes: int = 480, **more: Any) -> None:
    firm.enter(tier.system, name, minutes=minutes, **more)
    await tier.approve(name, approval=f"a-{name}")


async def usage(call: Call, contract: str = "SOW-114") -> Json:
    answer = await call("maya", "GET", f"/v1/contracts/{contract}/usage")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def charge_of(tier: Tier, minutes: int = 480) -> Json:
    (found,) = [
        each["charge"]
        for each in await tier.postings()
        if each["state"] == "POSTED" and each["minutes"] == minutes
    ]
    return dict(found)


def shown(charge: Json) -> list[tuple[str, float, float]]:
    return [
        (each["billing"], float(each["quantity"]), float(each["amount"]))
        for each in charge["parts"]
    ]


async def test_hours_of_a_project_without_terms_post_as_they_did(tier: Tier, call: Call) -> None:
    await agreed(call, projects=["HR-0987"])
    await work(tier, "e1")
    (posting,) = await tier.postings()
    assert (posting["state"], posting["charge"]) == ("POSTED", None)


async def test_the_erp_is_told_what_the_client_is_billed_and_the_posting_says_why(
    tier: Tier, call: Call
) -> None:
    await priced(call)
    await agreed(call)
    await work(tier, "e1")
    (sent,) = tier.system.posts[0]["items"]
    assert sent["billable"] is True
    assert {name: sent["charge"][name] for name in ("contract", "rate", "amount", "currency")} == {
        "contract": "SOW-114",
        "rate": "200",
        "amount": "1600.00",
        "currency": "USD",
    }
    charge = await charge_of(tier)
    assert shown(charge) == [("BILLED", 8, 1600)]
    assert (charge["version"], charge["card"], charge["card_version"]) == (1, "STD", 1)
    assert charge["explanation"] == (
        "SOW-114 version 1: time and material; rule 3: project HR-1042, worker E001, "
        "valid from 2026-01-01 on: 200 USD an hour (STD version 1 row 1)"
    )


async def test_hours_without_a_rate_wait_and_post_when_a_card_is_published(
    tier: Tier, call: Call
) -> None:
    await agreed(call)
    await work(tier, "e1")
    case = await tier.case()
    assert (case["code"], case["state"], case["owner"]) == (
        "RT_MISSING",
        "WAITING",
        "finance.analyst",
    )
    assert tier.system.lines == []
    await priced(call)
    await tier.settle()
    assert len(tier.system.lines) == 1
    resolved = (await tier.call("GET", f"/v1/cases/{case['id']}")).json()["case"]
    assert "rate card STD version 1 was published by carl" in resolved["resolution"]


async def test_a_rate_in_another_currency_is_none_of_this_contract(tier: Tier, call: Call) -> None:
    await agreed(call)
    await priced(call, code="EURO", currency="EUR")
    await work(tier, "e1")
    assert (await tier.case())["code"] == "RT_MISSING"
    assert tier.system.lines == []


async def test_nought_is_a_rate(tier: Tier, call: Call) -> None:
    await priced(call, lines=[{**CARD["lines"][0], "amount": "0"}])
    await agreed(call)
    await work(tier, "e1")
    assert shown(await charge_of(tier)) == [("BILLED", 8, 0)]
    assert tier.system.posts[0]["items"][0]["billable"] is True


async def test_under_a_fixed_fee_hours_cost_and_are_not_billed(tier: Tier, call: Call) -> None:
    await agreed(call, type="FIXED_FEE")
    await work(tier, "e1")
    (sent,) = tier.system.posts[0]["items"]
    assert (sent["billable"], float(sent["charge"]["amount"])) == (False, 0)
    assert shown(await charge_of(tier)) == [("COVERED", 8, 0)]


async def test_billable_hours_on_a_contract_that_bills_none_wait_for_billing(
    tier: Tier, call: Call
) -> None:
    await agreed(call, type="NON_BILLABLE")
    await work(tier, "e1")
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("CT_RULE_MISMATCH", "billing.analyst")
    await agreed(call, type="NON_BILLABLE", flag_by_contract=True)
    await tier.settle()
    assert [item["billable"] for post in tier.system.posts for item in post["items"]] == [False]
    assert await tier.cases() == []


async def test_at_the_limit_an_entry_is_split_and_the_rest_is_a_case_beside_the_posting(
    tier: Tier, call: Call
) -> None:
    """50,000 with 49,400 used: of eight hours at 200, three are billed and five are held."""
    await priced(call)
    await agreed(call, **limited("1600"))
    await work(tier, "e1", minutes=300)
    await work(tier, "e2", work_date="2026-06-03")
    assert [line["minutes"] for line in tier.system.lines] == [300, 480], "cost waits for nothing"
    charge = await charge_of(tier)
    assert shown(charge) == [("BILLED", 3, 600), ("HELD", 5, 1000)]
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("CT_NTE_EXCEEDED", "project.manager")
    assert "hours worth 1000.00 USD are beyond it" in case["sentence"]
    (limit,) = (await usage(call))["limits"]
    assert (float(limit["consumed"]), float(limit["room"]), limit["reached"]) == (1600, 0, 100)

    await agreed(call, **limited("2000"))
    await tier.settle()
    assert shown(await charge_of(tier)) == [("BILLED", 5, 1000), ("HELD", 3, 600)]
    assert "hours worth 600.00 USD" in (await tier.case())["sentence"]
    await agreed(call)
    await tier.settle()
    assert shown(await charge_of(tier)) == [("BILLED", 8, 1600)]
    assert await tier.cases() == []
    assert len(tier.system.lines) == 2, "the ERP bills by itself: its lines stay"
    steps = [each["what"] for each in await tier.lineage("e2")]
    assert steps.count("released by its contract") == 2


async def test_an_erp_that_keeps_charges_has_the_line_replaced_when_there_is_room(
    tier: Tier, call: Call
) -> None:
    tier.system.takes_charges = True
    await priced(call)
    await agreed(call, **limited("600"))
    await work(tier, "e1")
    assert [line["bill_amount"] for line in tier.system.lines] == ["600"]
    await agreed(call, **limited("1600"))
    for _ in range(3):
        await finish(tier)
    amounts = [float(line["bill_amount"]) for line in tier.system.lines]
    assert amounts == [600, -600, 1600]
    assert sums(tier) == {("11", "31", "2026-06-02"): 480}
    assert await tier.cases() == []
    assert float((await usage(call))["billed"]) == 1600


async def test_a_death_between_the_release_and_its_correction_costs_nothing(
    tier: Tier, call: Call
) -> None:
    tier.system.takes_charges = True
    await priced(call)
    await agreed(call, **limited("600"))
    await work(tier, "e1")
    await agreed(call, **limited("1600"))
    assert await recharging.recharge(tier.runtime.ledger), "a correction is due"
    # Nobody rang for it: whoever comes next finds it in the database.
    await finish(tier)
    amounts = [float(line["bill_amount"]) for line in tier.system.lines]
    assert amounts == [600, -600, 1600]
    assert float((await usage(call))["billed"]) == 1600


async def test_each_day_is_released_by_the_terms_that_hold_on_it(tier: Tier, call: Call) -> None:
    await priced(call)
    await agreed(call, **limited("600"))
    await work(tier, "e1")
    await work(tier, "e2", minutes=240, work_date="2026-06-10")
    assert shown(await charge_of(tier, 240)) == [("HELD", 4, 800)]
    await agreed(call, valid_from="2026-06-09")
    await tier.settle()
    assert shown(await charge_of(tier, 240)) == [("BILLED", 4, 800)]
    assert shown(await charge_of(tier)) == [("BILLED", 3, 600), ("HELD", 5, 1000)]


async def test_where_all_has_to_fit_the_entry_waits_for_room(tier: Tier, call: Call) -> None:
    await priced(call)
    await agreed(call, **limited("1600", beyond="WAIT"))
    await work(tier, "e1", minutes=300)
    await work(tier, "e2", work_date="2026-06-03")
    case = await tier.case()
    assert (case["code"], case["state"]) == ("CT_NTE_EXCEEDED", "WAITING")
    assert len(tier.system.lines) == 1
    firm.enter(tier.system, "e1", minutes=300)
    await tier.approve("e1", status="REJECTED", approval="a-e1")
    for _ in range(2):
        await finish(tier)
    assert sums(tier) == {("11", "31", "2026-06-03"): 480}
    resolved = (await tier.call("GET", f"/v1/cases/{case['id']}")).json()["case"]
    assert "hours of contract SOW-114 were taken back" in resolved["resolution"]


async def test_room_that_an_earlier_entry_gives_back_goes_to_what_is_held(
    tier: Tier, call: Call
) -> None:
    await priced(call)
    await agreed(call, **limited("2000"))
    await work(tier, "e1")
    await work(tier, "e2", minutes=240, work_date="2026-06-03")
    assert shown(await charge_of(tier, 240)) == [("BILLED", 2, 400), ("HELD", 2, 400)]
    firm.enter(tier.system, "e1", minutes=360)
    await tier.approve("e1", approval="a-e1")
    for _ in range(2):
        await finish(tier)
    assert shown(await charge_of(tier, 240)) == [("BILLED", 4, 800)]
    assert await tier.cases() == []
    assert float((await usage(call))["billed"]) == 2000


async def test_entries_of_one_batch_take_of_a_limit_in_their_order(tier: Tier, call: Call) -> None:
    await priced(call)
    await agreed(call, **limited("2400"))
    names = ["late", "early", "middle"]
    days = ["2026-06-05", "2026-06-01", "2026-06-03"]
    for name, day in zip(names, days, strict=True):
        firm.enter(tier.system, name, work_date=day)
    await tier.approve(*names)
    held = {
        each["work_date"]: sum(p["billing"] == "HELD" for p in each["charge"]["parts"])
        for each in await tier.postings()
    }
    assert held == {"2026-06-01": 0, "2026-06-03": 1, "2026-06-05": 1}
    assert float((await usage(call))["limits"][0]["consumed"]) == 2400


async def test_a_correction_uses_the_rate_of_the_day_of_work(tier: Tier, call: Call) -> None:
    """The card rises on 1 July; hours of 25 June that are corrected later keep their rate."""
    line = CARD["lines"][0]
    later = {**line, "amount": "260", "valid_from": "2026-07-01"}
    await priced(call, lines=[{**line, "amount": "250", "valid_to": "2026-06-30"}, later])
    await agreed(call)
    firm.enter(tier.system, "e1", work_date="2026-06-25")
    await tier.approve("e1")
    await change(tier, minutes=360, work_date="2026-06-25")
    sent = [item["charge"] for post in tier.system.posts for item in post["items"]]
    assert [(each["rate"], float(each["amount"])) for each in sent] == [
        ("250", 2000),
        ("250", -2000),
        ("250", 1500),
    ]


async def test_an_erp_that_bills_otherwise_than_predicted_is_a_case(tier: Tier, call: Call) -> None:
    await priced(call)
    await agreed(call)
    tier.system.bills_at = Decimal(200)
    await work(tier, "e1")
    assert await tier.cases() == []
    tier.system.bills_at = Decimal(180)
    await work(tier, "e2", work_date="2026-06-03")
    case = await tier.case()
    assert (case["code"], case["severity"]) == ("RT_ERP_DIFFERS", "S1")
    assert "at 180 instead of 200 USD a hour" in case["sentence"]
    detail = (await tier.call("GET", f"/v1/cases/{case['id']}")).json()
    assert (detail["would_post"]["fields"]["bill_rate"], detail["erp"]["fields"]["bill_rate"]) == (
        "200",
        "180",
    )


async def test_an_erp_that_costs_otherwise_than_predicted_is_a_case_without_amounts(
    tier: Tier, call: Call
) -> None:
    line = {**CARD["lines"][0], "amount": "92.50", "valid_to": "2026-06-30"}
    later = {**CARD["lines"][0], "amount": "95.50", "valid_from": "2026-07-01"}
    await priced(call, code="COSTS", side="COST", lines=[line, later])
    tier.system.costs = Decimal("92.5")
    await work(tier, "e1")
    assert await tier.cases() == []
    assert len(tier.system.lines) == 1
    await work(tier, "e2", work_date="2026-07-02")
    case = await tier.case()
    assert (case["code"], case["severity"]) == ("RT_ERP_DIFFERS", "S1")
    assert "its cost rate is not that of COSTS version 1 row 2" in case["sentence"]
    everything = (await tier.call("GET", f"/v1/cases/{case['id']}")).text
    everything += str(await tier.postings())
    assert "92.5" not in everything
    assert "95.5" not in everything
    tier.system.lines[-1]["cost_rate"] = "95.50"
    answer = await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    assert answer.status_code in (200, 202), answer.text
    await tier.look_up()
    assert await tier.cases() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "XXQ"}, "body.currency"),
        ({"projects": []}, "body"),
        ({"client": "C-101"}, "body"),
        ({"valid_to": "2025-01-01"}, "body"),
        ({"type": "RETAINER"}, "body"),
        ({"type": "FIXED_FEE", **limited("5")}, "body"),
        (limited("-5"), "body.limit.size"),
        (limited("5", rate="1"), "body"),
    ],
)
async def test_terms_that_make_no_sense_are_not_kept(call: Call, changes: Json, field: str) -> None:
    answer = await call("bill", "POST", "/v1/contract-terms", json=TERMS | changes)
    assert answer.status_code == 422, answer.text
    assert field in [each["field"].replace("$", "body") for each in answer.json()["errors"]]
    assert (await call("bill", "GET", "/v1/contract-terms")).json()["terms"] == []


async def test_a_second_person_publishes_and_no_project_has_two_contracts(call: Call) -> None:
    first = await drafted(call)
    refused = await call("bill", "POST", f"/v1/contract-terms/{first['id']}/publish")
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    await agreed(call)
    other = await drafted(call, contract="SOW-200", projects=["HR-1", "HR-1042"])
    refused = await call("carl", "POST", f"/v1/contract-terms/{other['id']}/publish")
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["field"], "SOW-114 version 2 covers it" in error["message"]) == (
        "body.projects[1]",
        True,
    )
    later = await agreed(call, contract="SOW-200", projects=["HR-1"])
    assert later["state"] == "PUBLISHED"
    again = await call("carl", "POST", f"/v1/contract-terms/{later['id']}/publish")
    assert (again.status_code, again.json()["code"]) == (409, "terms_not_draft")
    listed = (await call("bill", "GET", "/v1/contract-terms?contract=SOW-114")).json()["terms"]
    assert [(each["version"], each["state"]) for each in listed] == [
        (2, "PUBLISHED"),
        (1, "DRAFT"),
    ]


async def test_two_entries_at_once_do_not_both_take_the_last_of_a_limit(
    tier: Tier, call: Call
) -> None:
    await priced(call)
    await agreed(call, **limited("1600"))
    for name, day in (("e1", "2026-06-02"), ("e2", "2026-06-03")):
        firm.enter(tier.system, name, work_date=day)
    firm.decide(tier.system, "a1", ["e1", "e2"])
    await tier.hint("a1", kind="approval")
    await tier.take_in_approvals_only()
    ledger = tier.runtime.ledger
    await receive.receive(ledger)
    ids = [UUID(each["id"]) for each in await tier.postings()]
    await asyncio.gather(*(validation.validate(ledger, each) for each in ids))
    held = [float(each["charge"]["consumed"]) for each in await tier.postings()]
    assert sorted(held) == [0, 1600]
    await tier.settle()
    assert float((await usage(call))["billed"]) == 1600
