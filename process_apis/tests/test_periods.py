"""Accounting dates: the next open period, what finance lets in, and a last look when sending."""

from collections.abc import Sequence
from typing import Any

import pytest

from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.corrections import change, finish, posted, sums
from process_apis.tests.system_stand_in import ERP

APRIL = "2026-04-28"
REASON = "Audited accruals, agreed with the group's controller."


async def calendar(tier: Tier, **statuses: str) -> None:
    """April, May, June, ... with their statuses, as the ERP tells them and we have read them."""
    months = {"april": (4, 30), "may": (5, 31), "june": (6, 30), "july": (7, 31)}
    tier.system.masters["periods"] = [
        {
            "external_id": name,
            "legal_entity_id": "1",
            "name": f"2026-{months[name][0]:02}",
            "start_date": f"2026-{months[name][0]:02}-01",
            "end_date": f"2026-{months[name][0]:02}-{months[name][1]}",
            "status": status,
        }
        for name, status in statuses.items()
    ]
    tier.system.keeps_accounting_dates = True
    await tier.read_masters()


def by_period(lines: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Minutes by the month of the accounting date."""
    found: dict[str, int] = {}
    for line in lines:
        month = line["accounting_date"][:7]
        found[month] = found.get(month, 0) + line["minutes"]
    return found


async def test_a_correction_of_a_closed_month_goes_into_the_next_open_one(tier: Tier) -> None:
    """Worked example 4: April 8 h, May -1 h; by work date April has 7 h."""
    await calendar(tier, april="OPEN", may="OPEN")
    await posted(tier, work_date=APRIL)
    await calendar(tier, april="CLOSED", may="OPEN")
    await change(tier, minutes=420, work_date=APRIL)

    assert by_period(tier.system.lines) == {"2026-04": 480, "2026-05": -60}
    assert {line["accounting_date"] for line in tier.system.lines[1:]} == {"2026-05-01"}
    assert sums(tier) == {("11", "31", APRIL): 420}
    late = [each for each in await tier.postings() if each["prior_period"]]
    assert {each["kind"] for each in late} == {"REVERSAL", "REPLACEMENT"}
    assert {each["accounting_date"] for each in late} == {"2026-05-01"}
    assert await tier.cases() == []


@pytest.mark.parametrize("closed", ["CLOSED", "LOCKED", "FUTURE", "SOFT_CLOSED"])
async def test_late_hours_are_dated_in_the_next_open_period(tier: Tier, closed: str) -> None:
    await calendar(tier, april=closed, may="CLOSED", june="OPEN")
    await posted(tier, work_date=APRIL)
    (line,) = tier.system.lines
    assert (line["work_date"], line["accounting_date"]) == (APRIL, "2026-06-01")


async def test_without_an_open_period_they_wait_until_one_is_opened(tier: Tier) -> None:
    await calendar(tier, april="CLOSED", may="FUTURE")
    await posted(tier, work_date=APRIL)
    case = await tier.case()
    assert (case["code"], case["severity"]) == ("PD_NO_OPEN", "S1")
    assert tier.system.lines == []

    await calendar(tier, april="CLOSED", may="OPEN")
    await tier.settle()
    assert by_period(tier.system.lines) == {"2026-05": 480}
    assert await tier.cases() == []


async def test_finance_lets_hours_into_a_softly_closed_period_with_a_reason(tier: Tier) -> None:
    await calendar(tier, april="SOFT_CLOSED", may="FUTURE")
    await posted(tier, work_date=APRIL)
    case = await tier.case()
    answer = await tier.call("GET", f"/v1/cases/{case['id']}")
    assert [each["choice"] for each in answer.json()["choices"]] == ["soft_closed"]
    said = {"choice": "soft_closed", "reason": REASON}
    path, seen = f"/v1/cases/{case['id']}/choice", {"If-Match": answer.headers["etag"]}
    for who, status in (("maya", 403), ("carl", 200)):
        tier.operator = await tier.token(who)
        answer = await tier.call("POST", path, json=said, headers=seen)
        assert answer.status_code == status, answer.text
    tier.operator = await tier.token(None)
    await finish(tier)

    assert by_period(tier.system.lines) == {"2026-04": 480}
    assert await tier.cases() == []


async def test_a_period_that_closes_after_the_judgement_is_noticed_when_sending(
    tier: Tier,
) -> None:
    await calendar(tier, april="OPEN", may="OPEN")
    firm.enter(tier.system, "e1", work_date=APRIL)
    tier.system.post_faults.append("status:503")
    await tier.approve("e1")
    posting = await tier.posting()
    assert (posting["state"], posting["accounting_date"]) == ("READY", APRIL)

    await calendar(tier, april="CLOSED", may="OPEN")
    tier.clock.move(60)
    await tier.worker.work(Stage.PROBE, ERP)
    await tier.worker.work(Stage.SEND, ERP)
    assert tier.system.lines == []
    await finish(tier)

    assert by_period(tier.system.lines) == {"2026-05": 480}
    posting = await tier.posting()
    assert (posting["accounting_date"], posting["prior_period"]) == ("2026-05-01", True)
    what = [step["what"] for step in await tier.lineage()]
    assert "period closed before it was sent" in what
    assert await tier.cases() == []


@pytest.mark.parametrize("way", ["delete_uninvoiced", "update_in_place"])
async def test_a_line_of_a_closed_period_is_not_changed_behind_its_back(
    tier: Tier, way: str
) -> None:
    tier.system.reversal_modes = [way]
    await calendar(tier, april="OPEN", may="OPEN")
    await posted(tier, work_date=APRIL)
    await calendar(tier, april="CLOSED", may="OPEN")
    await change(tier, minutes=420, work_date=APRIL)
    case = await tier.case()
    assert (case["code"], case["state"]) == ("CO_PERIOD_CLOSED", "WAITING")
    assert sums(tier) == {("11", "31", APRIL): 480}

    await calendar(tier, april="OPEN", may="OPEN")
    await finish(tier)
    assert sums(tier) == {("11", "31", APRIL): 420}
    assert await tier.cases() == []


async def test_a_controller_lets_a_line_of_a_closed_period_be_removed(tier: Tier) -> None:
    tier.system.reversal_modes = ["delete_uninvoiced"]
    await calendar(tier, april="OPEN", may="OPEN")
    await posted(tier, work_date=APRIL)
    await calendar(tier, april="CLOSED", may="OPEN")
    await change(tier, minutes=420, work_date=APRIL)
    case = await tier.case()
    answer = await tier.call("GET", f"/v1/cases/{case['id']}")
    tier.operator = await tier.token("carl")
    said = {"choice": "change_closed", "reason": REASON}
    path, seen = f"/v1/cases/{case['id']}/choice", {"If-Match": answer.headers["etag"]}
    answer = await tier.call("POST", path, json=said, headers=seen)
    assert answer.status_code == 200, answer.text
    tier.operator = await tier.token(None)
    await finish(tier)

    (line,) = tier.system.lines
    assert (line["minutes"], line["accounting_date"]) == (420, "2026-05-01")
    assert len(tier.system.deleted) == 1
    assert await tier.cases() == []


async def test_a_line_whose_period_is_not_what_was_sent_is_misposted(tier: Tier) -> None:
    await calendar(tier, april="OPEN", may="OPEN")
    tier.system.books_into = "2026-05-02"
    await posted(tier, work_date=APRIL)
    case = await tier.case()
    assert case["code"] == "RC_VALUE_DIFF"
    assert "accounting_date" in case["sentence"]
