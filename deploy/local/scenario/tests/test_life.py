"""The people of the plan in a running tracker stand-in."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from deploy.local.scenario.firm import read_firm
from deploy.local.scenario.life import MINUTES_LESS, Life
from deploy.local.scenario.make_plan import FIRST_DAY, make_plan
from deploy.local.scenario.plan import Delivery, Fate, Plan, PlannedWeek
from deploy.local.scenario.tracker import Tracker, found_firm
from deploy.local.scenario.verdict import Case, Expectation, Line, differences
from deploy.sandboxes.clockify import create_sandbox
from deploy.sandboxes.clockify.background import serving
from deploy.sandboxes.clockify.firm import Founded
from deploy.sandboxes.clockify.tests.receiver import Receiver, receiving


@dataclass
class Lived:
    """The stand-in after four weeks."""

    url: str
    firm: Founded
    plan: Plan
    life: Life
    expectation: Expectation
    receiver: Receiver
    progress: list[int] = field(default_factory=list)

    def get(self, path: str) -> Any:
        answer = httpx2.get(
            f"{self.url}/api/v1/workspaces/{self.firm.workspace_id}{path}",
            headers={"X-Api-Key": self.firm.api_key},
        )
        return answer.raise_for_status().json()

    def approved_entries(self) -> dict[str, Line]:
        """Entries that an approved request covers, in the words of the verdict."""
        email = {user.id: address for address, user in self.firm.users.items()}
        found, page = {}, 1
        while items := self.get(f"/approval-requests?status=APPROVED&page={page}"):
            for item in items:
                owner = item["approvalRequest"]["owner"]
                zone = ZoneInfo(owner["timeZone"])
                for entry in item["entries"]:
                    found[entry["id"]] = line_of(entry, email[owner["userId"]], zone)
            page += 1
        return found


def line_of(entry: Any, email: str, zone: ZoneInfo) -> Line:
    start, end = (datetime.fromisoformat(entry["timeInterval"][at]) for at in ("start", "end"))
    return Line(
        email=email,
        date=start.astimezone(zone).date(),
        project=entry["project"]["name"],
        task=entry["task"]["name"] if entry["task"] else "",
        minutes=round((end - start).total_seconds() / 60),
    )


def is_special(week: PlannedWeek) -> bool:
    """Ordinary weeks are left out here: they only take time."""
    return (
        week.delivery is not Delivery.ONCE
        or week.fate is not Fate.APPROVED
        or any(entry.case or entry.later for entry in week.entries)
    )


@pytest.fixture
async def lived() -> AsyncIterator[Lived]:
    plan = Plan([week for week in make_plan(read_firm(FIRST_DAY)).weeks if is_special(week)])
    expectation, progress = Expectation(), list[int]()
    with receiving() as receiver, serving(create_sandbox()) as url:
        firm, tokens = found_firm(url, receiver.url)
        assert len(tokens) == len(set(tokens))
        async with Tracker(url, firm) as tracker:
            life = Life(tracker, expectation, lambda: progress.append(1), pause=0)
            await life.live(plan)
            yield Lived(url, firm, plan, life, expectation, receiver, progress)


async def test_the_tracker_holds_what_is_expected_of_the_erp(lived: Lived) -> None:
    approved = lived.approved_entries()
    assert len(approved) == lived.expectation.approved
    assert len(lived.progress) == len(lived.expectation.known)
    posted = [line for entry_id, line in approved.items() if entry_id in lived.expectation.lines]
    cases = [Case(entry_id, code) for entry_id, code in lived.expectation.cases.items()]
    assert differences(lived.expectation, posted, cases) == []
    assert {case.entry_id for case in cases} == approved.keys() - lived.expectation.lines.keys()


async def test_each_week_ends_as_planned(lived: Lived) -> None:
    planned = Counter(week.fate for week in lived.plan.weeks)
    requests = [item["approvalRequest"] for item in lived.get("/approval-requests?page-size=200")]
    states = Counter(request["status"]["state"] for request in requests)
    assert states == {
        "APPROVED": planned[Fate.APPROVED],
        "PENDING": planned[Fate.SUBMITTED],
        "REJECTED": planned[Fate.REJECTED],
    }


async def test_webhooks_go_wrong_as_planned(lived: Lived) -> None:
    deliveries = httpx2.get(f"{lived.url}/_sandbox/deliveries").json()
    outcomes = Counter(delivery["outcome"] for delivery in deliveries)
    assert outcomes.keys() == {"delivered", "dropped"}
    assert outcomes["dropped"] == 1
    assert outcomes["delivered"] == len(lived.receiver.received)
    by_subject = Counter((delivery["event"], delivery["subject"]) for delivery in deliveries)
    tripled = next(w for w in lived.plan.weeks if w.delivery is Delivery.THREE_TIMES)
    assert list(by_subject.values()).count(3) == len(tripled.entries) + 2
    assert set(by_subject.values()) == {1, 3}


async def test_changes_after_posting_reopen_and_approve_the_week_again(lived: Lived) -> None:
    before = lived.approved_entries()
    await lived.life.change_what_was_posted()
    after = lived.approved_entries()
    assert lived.life.deleted == 1
    (deleted,) = before.keys() - after.keys()
    (edited,) = {entry_id for entry_id in after if after[entry_id] != before[entry_id]}
    assert after[edited].minutes == before[edited].minutes - MINUTES_LESS
    assert lived.expectation.lines[edited] == after[edited]
    assert deleted not in lived.expectation.lines
