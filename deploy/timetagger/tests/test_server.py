"""The demo tracker does what the connector and its tests rely on."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from deploy.timetagger.fixtures import Accounts
from deploy.timetagger.person import Person, TimeTaggerRefusal
from deploy.timetagger.server import TimeTaggerServer

MORNING = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def person(timetagger: Accounts) -> Person:
    return timetagger.take()


def updates(server: TimeTaggerServer, token: str, since: float) -> httpx2.Response:
    return httpx2.get(
        f"{server.base_url}/api/v2/updates",
        params={"since": str(since)},
        headers={"authtoken": token},
    )


def test_a_token_reads_the_records_of_its_own_person_only(timetagger: Accounts) -> None:
    one, other = timetagger.take(), timetagger.take()
    key = one.track(MORNING, MORNING + HOUR, "Cutover #hr-1042")

    answer = updates(timetagger.server, one.api_token(), 0).json()
    others = updates(timetagger.server, other.api_token(), 0).json()

    assert [(each["key"], each["t2"] - each["t1"]) for each in answer["records"]] == [(key, 3600)]
    assert others["records"] == []


def test_a_token_that_was_taken_back_is_refused(person: Person, timetagger: Accounts) -> None:
    old = person.api_token()
    new = person.api_token(renew=True)

    assert updates(timetagger.server, old, 0).status_code == 401
    assert updates(timetagger.server, new, 0).status_code == 200


def test_a_deleted_record_stays_hidden(person: Person) -> None:
    key = person.track(MORNING, MORNING + HOUR, "Cutover")

    person.delete(key)

    assert person.record(key)["ds"] == "HIDDEN Cutover"


def test_what_is_older_than_the_present_record_is_accepted_and_ignored(person: Person) -> None:
    key = person.track(MORNING, MORNING + HOUR, "present")
    stale = person.record(key)

    person.put_exactly([{**stale, "ds": "stale", "mt": stale["mt"] - 1}])

    assert person.record(key)["ds"] == "present"


def test_what_is_as_old_as_the_present_record_replaces_it(person: Person) -> None:
    """The connector's feedback lives on this: it never wins over a later change."""
    key = person.track(MORNING, MORNING + HOUR, "present")
    same_age = person.record(key)

    person.put_exactly([{**same_age, "ds": "marked"}])

    assert person.record(key)["ds"] == "marked"


def test_refused_items_stand_inside_an_answer_that_says_ok(person: Person) -> None:
    with pytest.raises(TimeTaggerRefusal, match="256"):
        person.track(MORNING, MORNING + HOUR, "x" * 256)


def test_a_forced_reset_is_told_to_everybody_who_asks_from_before(
    person: Person, timetagger: Accounts
) -> None:
    person.track(MORNING, MORNING + HOUR, "kept")
    before, token = time.time(), person.api_token()

    person.force_reset()

    assert updates(timetagger.server, token, before).json()["reset"]
    assert not updates(timetagger.server, token, time.time() + 1).json()["reset"]


def test_records_and_tokens_outlive_the_process(tmp_path: Path) -> None:
    name = "ada@haldenridge.example"
    with TimeTaggerServer(tmp_path, [name]) as first:
        key = first.person(name).track(MORNING, MORNING + HOUR, "kept")
        token = first.api_token(name)
        first.kill()

    with TimeTaggerServer(tmp_path, [name, "ben@haldenridge.example"]) as second:
        records = updates(second, token, 0).json()["records"]
        assert [each["key"] for each in records] == [key]
        assert second.person("ben@haldenridge.example").records() == []
