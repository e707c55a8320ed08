"""Polling for changes, with the real TimeTagger."""

from datetime import UTC, datetime, timedelta

import pytest

from deploy.timetagger.person import Person
from shared.problems import InvalidRequest, UpstreamRefused
from system_apis.capabilities.time_tracking.schemas import EntryChange
from system_apis.connectors.timetagger.port import TimeTaggerPort
from system_apis.connectors.timetagger.tests.conftest import Open

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def track(person: Person, text: str = "Cutover") -> str:
    return f"{person.name}:{person.track(START, START + HOUR, text)}"


async def swept(port: TimeTaggerPort, since: datetime, limit: int = 100) -> list[EntryChange]:
    """All pages."""
    changes: list[EntryChange] = []
    cursor: str | None = None
    while True:
        page = await port.entries_changed(since, datetime.now(UTC), cursor, limit)
        assert len(page.changes) <= limit
        changes += page.changes
        cursor = page.next_cursor
        if cursor is None:
            return changes


def told(changes: list[EntryChange]) -> list[tuple[str, str]]:
    return [(each.external_id, each.change.value) for each in changes]


async def test_only_what_changed_is_told_with_its_entry(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    port = open_port(ada, kirra, look_back_seconds=0)
    early = track(ada)
    since = datetime.now(UTC)
    late, deleted = track(kirra, "later"), track(kirra)
    kirra.delete(deleted.partition(":")[2])

    changes = await swept(port, since)

    assert told(changes) == [(late, "CHANGED"), (deleted, "DELETED")]
    assert changes[0].entry is not None
    assert changes[0].entry.narrative == "later"
    assert changes[1].entry is None
    assert early not in [each.external_id for each in changes]


async def test_back_dated_records_are_changes_of_today(ada: Person, open_port: Open) -> None:
    since = datetime.now(UTC)
    long_ago = START - timedelta(days=400)
    key = ada.track(long_ago, long_ago + HOUR, "forgotten")

    changes = await swept(open_port(ada), since)

    assert told(changes) == [(f"{ada.name}:{key}", "CHANGED")]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_pages_together_hold_every_change_once(
    ada: Person, kirra: Person, open_port: Open, limit: int
) -> None:
    since = datetime.now(UTC)
    ids = [*(track(ada) for _ in range(3)), *(track(kirra) for _ in range(4))]

    changes = await swept(open_port(ada, kirra), since, limit)

    assert [each.external_id for each in changes] == ids


async def test_records_of_one_put_share_an_instant_and_all_are_told(
    ada: Person, open_port: Open
) -> None:
    start = int(START.timestamp())
    ada.put_exactly(
        [{"key": f"k{n}", "mt": 5, "t1": start, "t2": start + 60, "ds": ""} for n in range(5)]
    )

    changes = await swept(open_port(ada), START, limit=2)

    assert sorted(each.external_id for each in changes) == [f"{ada.name}:k{n}" for n in range(5)]


async def test_a_reset_of_one_store_lists_everything_of_everybody(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    ids = [track(ada), track(ada), track(kirra)]
    since = datetime.now(UTC) + timedelta(seconds=1)
    port = open_port(ada, kirra, look_back_seconds=2)
    kirra.force_reset()

    changes = await swept(port, since, limit=2)

    assert [each.external_id for each in changes][-3:] == ids
    assert await swept(port, datetime.now(UTC) + timedelta(seconds=5)) == []


async def test_a_refused_token_is_told_after_everybody_elses_changes(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    since = datetime.now(UTC)
    port = open_port(ada, kirra)
    ada.api_token(renew=True)
    other = track(kirra)

    page = await port.entries_changed(since, datetime.now(UTC), None, 100)

    assert told(page.changes) == [(other, "CHANGED")]
    with pytest.raises(UpstreamRefused, match=ada.name):
        await port.entries_changed(since, datetime.now(UTC), page.next_cursor, 100)


async def test_a_cursor_that_is_not_ours_is_refused(ada: Person, open_port: Open) -> None:
    with pytest.raises(InvalidRequest):
        await open_port(ada).entries_changed(START, START + HOUR, "bm90IGEgY3Vyc29y", 10)
