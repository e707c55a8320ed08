"""What became of entries, told in the real TimeTagger."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2

from deploy.timetagger.person import Person
from shared.http_client import AsyncBaseTransport, Request, Response
from system_apis.capabilities.time_tracking.schemas import Feedback, FeedbackOutcome
from system_apis.connectors.timetagger.port import TimeTaggerPort
from system_apis.connectors.timetagger.tests.conftest import Open

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def posted(external_id: str) -> Feedback:
    return Feedback(external_id=external_id, outcome=FeedbackOutcome.POSTED, document="17")


async def given(port: TimeTaggerPort, *items: Feedback) -> list[str]:
    return [result.status for result in await port.give_feedback(items)]


def old_record(person: Person) -> str:
    start = int(START.timestamp())
    record = {"key": "old", "mt": 1000, "t1": start, "t2": start + 3600, "ds": "Cutover"}
    person.put_exactly([record])
    return "old"


class Interfering(AsyncBaseTransport):
    """Passes calls on, and lets something happen before the first PUT."""

    def __init__(self, before_put: Callable[[], None]) -> None:
        self._before_put = before_put
        self._onward = httpx2.AsyncHTTPTransport()
        self.puts = 0

    async def handle_async_request(self, request: Request) -> Response:
        if request.method == "PUT":
            self.puts += 1
            if self.puts == 1:
                self._before_put()
        return await self._onward.handle_async_request(request)

    async def aclose(self) -> None:
        await self._onward.aclose()


async def test_without_a_tag_nothing_is_written(ada: Person, open_port: Open) -> None:
    key = ada.track(START, START + HOUR, "Cutover")
    port = open_port(ada)

    assert await given(port, posted(f"{ada.name}:{key}")) == ["unsupported"]
    assert port.abilities().feedback == []
    assert ada.record(key)["ds"] == "Cutover"


async def test_a_posted_record_gets_the_tag_once(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    keys = [ada.track(START, START + HOUR, "Cutover #hr-1042"), ada.track(START, START + HOUR, "")]
    other = kirra.track(START, START + HOUR, "Tests")
    port = open_port(ada, kirra, feedback_tag="posted")
    ids = [f"{ada.name}:{keys[0]}", f"{kirra.name}:{other}", f"{ada.name}:{keys[1]}"]

    first = await given(port, *map(posted, ids))
    stored = ada.record(keys[0])
    second = await given(port, *map(posted, ids))

    assert first == second == ["delivered"] * 3
    assert ada.record(keys[0]) == stored
    assert stored["ds"] == "Cutover #hr-1042 #posted"
    assert ada.record(keys[1])["ds"] == "#posted"
    assert kirra.record(other)["ds"] == "Tests #posted"


async def test_the_mark_is_no_change_of_the_entry(ada: Person, open_port: Open) -> None:
    external_id = f"{ada.name}:{ada.track(START, START + HOUR, 'Cutover #hr-1042')}"
    port = open_port(ada, feedback_tag="posted")
    (before,) = (await port.entries_by_ids([external_id])).entries

    await given(port, posted(external_id))

    (after,) = (await port.entries_by_ids([external_id])).entries
    same = {"invoiced": False, "modified_at": before.modified_at}
    assert after.invoiced
    assert after.model_copy(update=same) == before


async def test_what_cannot_be_told_is_said(ada: Person, open_port: Open) -> None:
    full = ada.track(START, START + HOUR, "x" * 250)
    gone = ada.track(START, START + HOUR, "gone")
    ada.delete(gone)
    port = open_port(ada, feedback_tag="posted")
    rejected = Feedback(external_id=f"{ada.name}:{full}", outcome=FeedbackOutcome.REJECTED)

    statuses = await given(
        port,
        posted(f"{ada.name}:{full}"),
        posted(f"{ada.name}:{gone}"),
        posted(f"{ada.name}:never-there"),
        posted("nobody@haldenridge.example:k"),
        rejected,
    )

    assert statuses == ["refused", "missing", "missing", "refused", "unsupported"]
    assert ada.record(gone)["ds"] == "HIDDEN gone"


async def test_a_change_of_the_person_is_never_undone(ada: Person, open_port: Open) -> None:
    """TimeTagger accepts and ignores what is older than what it has; only reading tells."""
    key = old_record(ada)

    def edit() -> None:
        ada.put_exactly([{**ada.record(key), "ds": "Cutover, second day", "mt": 1001}])

    port = open_port(ada, feedback_tag="posted", transport=Interfering(edit))

    assert await given(port, posted(f"{ada.name}:{key}")) == ["retry"]
    assert ada.record(key)["ds"] == "Cutover, second day"
    assert await given(port, posted(f"{ada.name}:{key}")) == ["delivered"]
    assert ada.record(key)["ds"] == "Cutover, second day #posted"


async def test_after_a_reset_older_records_are_refused(ada: Person, open_port: Open) -> None:
    key = old_record(ada)
    ada.force_reset()
    port = open_port(ada, feedback_tag="posted")

    assert await given(port, posted(f"{ada.name}:{key}")) == ["refused"]
    assert ada.record(key)["ds"] == "Cutover"


async def test_a_token_that_was_taken_back_is_tried_again_later(
    ada: Person, kirra: Person, open_port: Open
) -> None:
    ids = [f"{who.name}:{who.track(START, START + HOUR, 'x')}" for who in (ada, kirra)]
    port = open_port(ada, kirra, feedback_tag="posted")
    ada.api_token(renew=True)

    assert await given(port, *map(posted, ids)) == ["retry", "delivered"]
