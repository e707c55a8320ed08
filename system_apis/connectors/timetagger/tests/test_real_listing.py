"""Listing work dates, with the real TimeTagger."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deploy.timetagger.person import Person
from shared.problems import InvalidRequest
from system_apis.connectors.timetagger.port import TimeTaggerPort
from system_apis.connectors.timetagger.tests.conftest import Open

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST, LAST = date(2026, 11, 16), date(2026, 11, 22)


def track(person: Person, start: datetime = START) -> str:
    return f"{person.name}:{person.track(start, start + HOUR, 'Cutover')}"


async def listed(port: TimeTaggerPort, limit: int = 100) -> tuple[list[str], bool]:
    """Ids of all pages, and whether they are complete."""
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = await port.entries_in_window(FIRST, LAST, cursor, limit)
        assert len(page.entries) <= limit
        ids += [each.external_id for each in page.entries]
        cursor = page.next_cursor
        if cursor is None:
            return ids, page.complete


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_everybodys_records_of_the_window_are_told_once(
    ada: Person, kirra: Person, open_port: Open, limit: int
) -> None:
    ids = [*(track(ada) for _ in range(3)), *(track(kirra) for _ in range(4))]
    track(ada, START - 30 * DAY)
    deleted = track(kirra)
    kirra.delete(deleted.partition(":")[2])

    told, complete = await listed(open_port(ada, kirra), limit)

    assert sorted(told) == sorted(ids)
    assert complete


async def test_the_ends_of_the_window_are_the_persons_own_days(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    """Sunday evening in Berlin is Monday in Sydney."""
    evening = datetime(2026, 11, 22, 20, tzinfo=UTC)
    in_berlin, _ = track(ada, evening), track(kirra, evening)

    assert await listed(open_port(ada, kirra)) == ([in_berlin], True)


async def test_a_refused_token_takes_completeness_and_nobody_elses_records(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    track(ada)
    port = open_port(ada, kirra)
    ada.api_token(renew=True)
    other = track(kirra)

    assert await listed(port) == ([other], False)


async def test_a_cursor_that_is_not_ours_is_refused(ada: Person, open_port: Open) -> None:
    with pytest.raises(InvalidRequest):
        await open_port(ada).entries_in_window(FIRST, LAST, "bm90IGEgY3Vyc29y", 10)
