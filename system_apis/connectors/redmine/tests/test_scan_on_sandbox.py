"""Changes and deletions, where the tracker tells neither."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from deploy.sandboxes.redmine.tests.fixtures import Redmine
from shared.http_client import AsyncBaseTransport, Request, Response
from shared.problems import InvalidRequest, UpstreamRefused
from system_apis.connectors.redmine.port import RedminePort
from system_apis.connectors.redmine.tests.conftest import Open

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)


class Between(AsyncBaseTransport):
    """Passes calls on, and lets something happen before a certain read of the list."""

    def __init__(self, number: int, act: Callable[[], None], times: int = 1) -> None:
        self._numbers = range(number, number + times)
        self._act = act
        self._onward = httpx2.AsyncHTTPTransport()
        self._reads = 0

    async def handle_async_request(self, request: Request) -> Response:
        if request.url.path == "/time_entries.json":
            self._reads += 1
            if self._reads in self._numbers:
                self._act()
        return await self._onward.handle_async_request(request)

    async def aclose(self) -> None:
        await self._onward.aclose()


def log_another(redmine: Redmine) -> None:
    redmine.log("2026-11-19")


async def swept(port: RedminePort, redmine: Redmine, window: timedelta) -> list[str]:
    """Ids of all pages of changes."""
    until = redmine.clock.now()
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = await port.entries_changed(until - window, until, cursor, 100)
        ids += [each.external_id for each in page.changes]
        cursor = page.next_cursor
        if cursor is None:
            return ids


async def listed(
    port: RedminePort, redmine: Redmine, window: timedelta = 35 * DAY, limit: int = 100
) -> tuple[list[str], bool]:
    """Ids of all that stands there, and whether they are complete."""
    today = redmine.clock.now().date()
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = await port.entries_in_window(today - window, today, cursor, limit)
        assert len(page.entries) <= limit
        ids += [each.external_id for each in page.entries]
        cursor = page.next_cursor
        if cursor is None:
            return ids, page.complete


async def test_a_short_sweep_tells_only_what_changed_whatever_its_work_date(
    redmine: Redmine, port: RedminePort
) -> None:
    old = [redmine.log(f"2026-11-{day:02}") for day in range(1, 11)]
    redmine.clock.advance(DAY)
    back_dated = redmine.log("2026-10-25")
    redmine.set_state(old[3], "approved")

    ids = await swept(port, redmine, QUARTER)

    assert sorted(ids) == sorted([str(back_dated.id), str(old[3].id)])


async def test_entries_come_with_the_change(redmine: Redmine, port: RedminePort) -> None:
    redmine.log(hours="1:20", comments="Cutover")

    page = await port.entries_changed(redmine.clock.now() - DAY, redmine.clock.now(), None, 10)

    (change,) = page.changes
    assert change.entry is not None
    assert (change.entry.minutes, change.entry.narrative) == (80, "Cutover")


@pytest.mark.parametrize("limit", [1, 7, 100, 500])
async def test_a_listing_tells_everything_and_is_complete(
    redmine: Redmine, port: RedminePort, limit: int
) -> None:
    entries = [redmine.log("2026-11-18") for _ in range(40 if limit < 100 else 230)]
    redmine.clock.advance(DAY)
    deleted = entries.pop(5)
    del redmine.store.entries[deleted.id]

    ids, complete = await listed(port, redmine, limit=limit)

    assert sorted(ids) == sorted(str(entry.id) for entry in entries)
    assert complete


async def test_a_listing_has_the_work_dates_that_were_asked_for(
    redmine: Redmine, port: RedminePort
) -> None:
    days = {day: str(redmine.log(day).id) for day in ("2026-11-09", "2026-11-10", "2026-11-21")}

    assert await listed(port, redmine, 10 * DAY) == ([days["2026-11-10"]], True)


async def test_older_work_dates_need_a_longer_window(redmine: Redmine, open_port: Open) -> None:
    port = open_port(scan_days=10)
    old = redmine.log("2026-10-01")

    assert await swept(port, redmine, QUARTER) == []
    assert await swept(port, redmine, 60 * DAY) == [str(old.id)]


async def test_work_dates_of_tomorrow_are_in_the_window(
    redmine: Redmine, port: RedminePort
) -> None:
    entry = redmine.log("2026-11-21")

    assert await swept(port, redmine, QUARTER) == [str(entry.id)]


@pytest.mark.parametrize("deleted", [1, 3, 12])
async def test_entries_that_go_between_pages_let_none_fall_through(
    redmine: Redmine, open_port: Open, deleted: int
) -> None:
    entries = [redmine.log("2026-11-18") for _ in range(30)]

    def delete() -> None:
        for _ in range(deleted):
            del redmine.store.entries[entries.pop().id]  # the newest stand in front

    port = open_port(Between(3, delete))
    ids, complete = await listed(port, redmine, limit=10)

    assert {str(entry.id) for entry in entries} <= set(ids)
    assert not complete


async def test_entries_that_come_between_pages_are_noticed(
    redmine: Redmine, open_port: Open
) -> None:
    entries = [redmine.log("2026-11-18") for _ in range(30)]
    port = open_port(Between(3, lambda: entries.append(redmine.log("2026-11-19"))))

    ids, complete = await listed(port, redmine, limit=10)

    assert {str(entry.id) for entry in entries} <= set(ids)
    assert not complete


async def test_a_list_that_never_rests_ends(redmine: Redmine, open_port: Open) -> None:
    for _ in range(20):
        redmine.log("2026-11-18")
    port = open_port(Between(1, lambda: log_another(redmine), times=40))

    _, complete = await listed(port, redmine, limit=5)

    assert not complete


async def test_an_archived_project_leaves_the_others_and_completeness(
    redmine: Redmine, open_port: Open
) -> None:
    port = open_port(projects=["hr-1042", "internal"])
    redmine.log()
    other = redmine.log(project_id=redmine.internal.id)
    assert (await listed(port, redmine))[1]
    redmine.ledger.archived = True

    assert await listed(port, redmine) == ([str(other.id)], False)


async def test_an_account_that_may_see_nothing_is_told(redmine: Redmine, open_port: Open) -> None:
    class Forbidding(AsyncBaseTransport):
        async def handle_async_request(self, request: Request) -> Response:
            return Response(403)

    with pytest.raises(UpstreamRefused) as refusal:
        await swept(open_port(Forbidding()), redmine, DAY)
    assert refusal.value.code == "redmine_not_allowed"
    assert "archived" in refusal.value.action


async def test_a_row_that_makes_no_sense_is_told_so_that_it_counts_not_as_deleted(
    redmine: Redmine, open_port: Open
) -> None:
    class Odd(AsyncBaseTransport):
        async def handle_async_request(self, request: Request) -> Response:
            rows = [{"id": 1, "comments": "merger"}]
            return Response(200, json={"time_entries": rows, "total_count": 1})

    port, today = open_port(Odd()), redmine.clock.now()
    changes = await port.entries_changed(datetime(2026, 11, 1, tzinfo=UTC), today, None, 10)
    listing = await port.entries_in_window(today.date(), today.date(), None, 10)

    assert [(each.external_id, each.entry) for each in changes.changes] == [("1", None)]
    assert (listing.entries, listing.unreadable, listing.complete) == ([], ["1"], True)


async def test_a_cursor_that_is_not_ours_is_refused(redmine: Redmine, port: RedminePort) -> None:
    now = redmine.clock.now()
    with pytest.raises(InvalidRequest):
        await port.entries_changed(now, now, "not a cursor", 10)
