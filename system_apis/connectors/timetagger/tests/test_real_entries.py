"""Entries by id, and what stands in nobody's way, with the real TimeTagger."""

from datetime import UTC, datetime, timedelta

import pytest

from deploy.timetagger.person import Person
from shared.problems import UpstreamRefused
from system_apis.capabilities.time_tracking.schemas import TimeEntry
from system_apis.connectors.timetagger.port import TimeTaggerPort
from system_apis.connectors.timetagger.tests.conftest import Open

START = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def track(person: Person, text: str = "Cutover #ledger-build") -> str:
    return f"{person.name}:{person.track(START, START + HOUR, text)}"


async def only(port: TimeTaggerPort, external_id: str) -> TimeEntry:
    found = await port.entries_by_ids([external_id])
    assert found.missing == []
    (entry,) = found.entries
    return entry


async def test_entries_of_several_people_are_found(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    port = open_port(ada, kirra)
    ids = [track(ada), track(kirra), f"{ada.name}:never-there"]

    found = await port.entries_by_ids([*ids, ids[0]])

    assert [entry.external_id for entry in found.entries] == ids[:2]
    assert [str(entry.work_date) for entry in found.entries] == ["2026-11-21", "2026-11-21"]
    assert found.entries[0].started_at == START
    assert found.missing == ids[2:]


async def test_one_key_in_two_stores_is_two_entries(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    ids = [track(ada), track(kirra)]
    record = {**ada.record(ids[0].partition(":")[2]), "ds": "of Kirra"}
    kirra.put(record)

    found = await open_port(ada, kirra).entries_by_ids(
        [f"{person.name}:{record['key']}" for person in (ada, kirra)]
    )

    assert [entry.narrative for entry in found.entries] == ["Cutover #ledger-build", "of Kirra"]


async def test_a_deleted_record_is_missing_and_a_restored_one_is_back(
    ada: Person, open_port: Open
) -> None:
    port, external_id = open_port(ada), track(ada)
    key = external_id.partition(":")[2]

    ada.delete(key)
    gone = await port.entries_by_ids([external_id])
    ada.change(key, ds="Cutover")
    back = await only(port, external_id)

    assert (gone.entries, gone.missing) == ([], [external_id])
    assert back.narrative == "Cutover"


async def test_a_running_record_becomes_work_when_it_is_stopped(
    ada: Person, open_port: Open
) -> None:
    port = open_port(ada)
    key = ada.start_timer(START, "Cutover")
    running = await only(port, f"{ada.name}:{key}")

    ada.change(key, t2=int((START + 2 * HOUR).timestamp()))
    stopped = await only(port, f"{ada.name}:{key}")

    assert (running.running, running.minutes) == (True, 0)
    assert (stopped.running, stopped.minutes) == (False, 120)


async def test_hours_of_somebody_who_is_no_longer_listed_are_not_taken_back(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    found = await open_port(ada).entries_by_ids([track(kirra), "no id of ours"])

    assert (found.entries, found.missing) == ([], [])


async def test_a_token_that_was_taken_back_stops_nobody_else(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    ids = [track(ada), track(kirra)]
    port = open_port(ada, kirra)
    kirra.api_token(renew=True)

    found = await port.entries_by_ids(ids)

    assert [entry.external_id for entry in found.entries] == ids[:1]
    assert found.missing == []
    with pytest.raises(UpstreamRefused, match=kirra.name) as refusal:
        await port.entries_by_ids(ids[1:])
    assert refusal.value.code == "timetagger_token_refused"


async def test_a_person_with_a_new_address_keeps_the_ids(ada: Person, open_port: Open) -> None:
    external_id = track(ada)
    moved = {
        "email": "ada.new@haldenridge.example",
        "name": "Ada",
        "timezone": "UTC",
        "api_token": ada.api_token(),
        "id": ada.name,
    }

    entry = await only(open_port(ada, people=[moved]), external_id)

    assert entry.worker.external_id == ada.name
    assert entry.worker.email == "ada.new@haldenridge.example"


async def test_the_check_names_who_is_refused(ada: Person, kirra: Person, open_port: Open) -> None:
    assert (await open_port(ada, kirra).check())[:2] == [
        "TimeTagger 26.1.3 answers",
        "the tokens of 2 people are taken",
    ]
    with pytest.raises(UpstreamRefused, match=kirra.name):
        await open_port(ada, kirra, tokens={kirra.name: "no-token"}).check()
    with pytest.raises(UpstreamRefused, match="404"):
        await open_port(ada, base_url=f"{ada_base(open_port, ada)}/elsewhere").check()


def ada_base(open_port: Open, ada: Person) -> str:
    """Address of the server without its path prefix."""
    base: str = open_port(ada)._settings.base_url
    return base.removesuffix("/timetagger")
