"""What cannot be posted stands as a case before the person who can mend it."""

import asyncio
from datetime import date

import pytest

from deploy.local.connections_file import TRACKER
from deploy.tryton.admin import TrytonAdmin
from tests.journeys.desk import Desk
from tests.journeys.people import Office, Week, contractor
from tests.journeys.product import ON_BOTH, ON_STOCK, Product, read_masters, until

pytestmark = pytest.mark.journey
CLOSED = "MD_PROJECT_CLOSED"


async def close_project(product: Product, code: str, last_day: date) -> None:
    """As a controller does in the ERP; Timepost reads it with the next masters."""
    await asyncio.to_thread(_close, product, code, last_day)
    await read_masters(product)


async def reopen_project(product: Product, code: str) -> None:
    await asyncio.to_thread(_reopen, product, code)


def _close(product: Product, code: str, last_day: date) -> None:
    with product.read_erp() as session:
        TrytonAdmin(session).close_project(code, last_day)


def _reopen(product: Product, code: str) -> None:
    with product.read_erp() as session:
        TrytonAdmin(session).reopen_project(code)


@ON_BOTH
async def test_a_closed_project_is_a_case_and_its_reopening_posts_the_hours(
    office: Office, product: Product
) -> None:
    await close_project(product, "HR-1071", date(2026, 8, 31))
    week = await office.approved_week(330, 240, project="HR-1071", task="Design")
    await office.until_cases(CLOSED, week)
    await office.not_posted(week)

    entry_id = next(iter(week.entries))
    async with await Desk.of(product, "maya") as maya:
        row = await maya.case_of(entry_id, code=CLOSED)
        assert row["owner"] == "project.manager"
        assert row["sentence"].startswith("Project HR-1071 Plant maintenance rollout is closed")
        assert (row["worker"], row["minutes"]) == (week.person.name, 330)

        await reopen_project(product, "HR-1071")
        await read_masters(product)
        await office.posted(week)

        view = await maya.view(row["id"])
    assert view["case"]["state"] == "RESOLVED_AUTO"
    assert view["case"]["resolution"].startswith("auto: project HR-1071 reopened")
    assert await office.cases_of(week) == {}
    timeline = [step["sentence"] for step in view["timeline"]]
    woken = [sentence for sentence in timeline if sentence.startswith("Woken by Timepost")]
    assert any("project HR-1071 reopened" in sentence for sentence in woken), timeline
    assert timeline.index(woken[0]) < next(
        place for place, sentence in enumerate(timeline) if sentence.startswith("Posted by")
    )


@ON_STOCK
async def test_finance_assigns_comments_and_retries_under_their_own_name(
    office: Office, product: Product
) -> None:
    """Who may, may; who may not is told which role it takes; and the lineage knows who it was."""
    await asyncio.to_thread(_end_employment, product, date(2026, 7, 31))
    await read_masters(product)
    hugo = office.firm.person("hugo.marchetti")
    week = await office.approved_week(200, person=hugo)
    await office.until_cases("MD_WORKER_INACTIVE", week)

    async with await Desk.of(product, "maya") as maya, await Desk.of(product, "petra") as petra:
        row = await maya.case_of(week.entry_id)
        view = await maya.view(row["id"])
        assigned = await maya.assign(row["id"], "me", view["etag"])
        assert (assigned.status_code, assigned.json()["assignee"]) == (200, "maya")
        stale = await petra.assign(row["id"], "me", view["etag"])
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
        said = await maya.comment(row["id"], "Hugo is back, people operations say.")
        assert (said.status_code, said.json()["author"]) == (201, "maya")

        refused = await petra.retry(row["id"])
        assert refused.status_code == 403
        assert "finance.analyst" in refused.json()["detail"]

        still = await maya.retry(row["id"])
        assert (still.status_code, still.json()["posting_state"]) == (200, "PARKED")
        await asyncio.to_thread(_end_employment, product, None)
        await read_masters(product)
        await office.posted(week)
        view = await maya.view(row["id"])

    assert [comment["author"] for comment in view["comments"]] == ["maya"]
    await assert_named_in_lineage(office, week)


async def assert_named_in_lineage(office: Office, week: Week) -> None:
    steps = await office.operator.steps_of(week.entry_id)
    named = {step["what"]: step for step in steps if step["actor"] == "user:maya"}
    assert set(named) == {"case assigned", "commented", "retry asked for"}
    for what in ("case assigned", "commented"):
        assert named[what]["detail"]["through"] == ["timepost-experience"], named[what]
    assert not [step for step in steps if step["actor"] == "user:petra"]


def _end_employment(product: Product, last_day: date | None) -> None:
    with product.read_erp() as session:
        TrytonAdmin(session).end_employment("E008", last_day)


@ON_STOCK
async def test_a_retry_posts_what_the_erp_refused_before(office: Office, product: Product) -> None:
    """Closed behind Timepost's back: its copy of the masters says open, the ERP refuses."""
    last_day = date(2026, 8, 31)
    await asyncio.to_thread(_close, product, "HR-1078", last_day)
    week = await office.approved_week(150, project="HR-1078", task="Fieldwork")
    await office.until_cases(CLOSED, week)
    await office.not_posted(week)
    await reopen_project(product, "HR-1078")

    async with await Desk.of(product, "maya") as maya:
        row = await maya.case_of(week.entry_id)
        answer = await maya.retry(row["id"])
        assert answer.status_code == 200, answer.text
        assert answer.json()["posting_state"] in ("READY", "SENDING", "POSTED")
    await office.posted(week)
    assert await office.cases_of(week) == {}


@ON_STOCK
async def test_one_replay_posts_all_that_the_erp_refused_for_one_reason(
    office: Office, product: Product
) -> None:
    """Seen first, line by line, and then exactly that is sent."""
    await asyncio.to_thread(_close, product, "HR-1078", date(2026, 8, 31))
    week = await office.approved_week(105, 135, project="HR-1078", task="Fieldwork")
    await office.until_cases(CLOSED, week)
    await reopen_project(product, "HR-1078")

    async with await Desk.of(product, "maya") as maya:
        row = await maya.case_of(next(iter(week.entries)))
        scope = {"kind": "problem", "fingerprint": row["problem"]}
        shown = await maya.rehearse(scope)
        assert shown["sentence"] == "2 lines with 4.00 hours would be sent; 0 would fail."
        assert {line["entry"] for line in shown["lines"]} == set(week.entries)
        await office.not_posted(week)

        started = await maya.replay(scope, shown["hash"])
        assert started["lines"] == 2

        async def over() -> bool:
            replay = await maya.replayed(started["id"])
            return bool(replay["state"] == "DONE" and replay["postings"] == {"POSTED": 2})

        await until(product, "the replay is done and both are posted", over)
    await office.posted(week)
    assert await office.cases_of(week) == {}
    steps = await office.operator.steps_of(next(iter(week.entries)))
    assert "user:maya" in [step["actor"] for step in steps if step["what"] == "replayed"]


@ON_STOCK
async def test_an_unknown_worker_posts_once_somebody_says_who_it_is(
    office: Office, product: Product
) -> None:
    week = await office.enter(360, 125, person=contractor())
    await office.submit(week)
    await office.approve(week)
    await office.until_cases("MD_WORKER_UNKNOWN", week)

    stands_for = office.firm.person("grace.nakamura")
    records = (await office.operator.read("/v1/masters/worker", q=stands_for.email))["records"]
    entry = await office.operator.entry(next(iter(week.entries)))
    binding = {
        "connection": TRACKER,
        "kind": "worker",
        "external_id": entry["entry"]["worker_external_id"],
        "canonical_id": records[0]["id"],
    }
    week_of_grace = office.free_week(stands_for, monday=week.monday)
    bound = await office.operator.call("PUT", "/v1/bindings", json=binding)
    assert bound.status_code == 200, bound.text
    assert bound.json()["created_by"] == "user:timepost-operator"

    await office.until_told(week)
    week_of_grace.entries = week.entries
    await office.standing(week_of_grace)
    assert await office.cases_of(week) == {}
