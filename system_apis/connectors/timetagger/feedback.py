"""What became of entries, told in TimeTagger: a tag at the end of the record's text, if wanted.

TimeTagger has no place of its own for it. The record is written back with the `mt` that it was
read with: the server drops that if somebody has changed the record since (it says "accepted" all
the same), so feedback never undoes what a person did. Reading it again tells which.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from shared.problems import TimepostProblem
from system_apis.capabilities.time_tracking.schemas import (
    Feedback,
    FeedbackOutcome,
    FeedbackResult,
)
from system_apis.connectors.timetagger.client import TimeTaggerClient
from system_apis.connectors.timetagger.mapping import carries_tag, parts_of, with_tag
from system_apis.connectors.timetagger.platform_models import TEXT_LENGTH, Record, Stored
from system_apis.connectors.timetagger.settings import Person

_Status = Literal["delivered", "missing", "unsupported", "retry", "refused"]

_NO_PLACE = "TimeTagger has no place for it."
_NOBODY = "It belongs to nobody among the people of the connection."
_NO_ROOM = "The record's text has no room for another tag."
_UNCHANGEABLE = "TimeTagger lets nobody change the record as it is, such as from before a reset."
_OVERTAKEN = "Somebody changed the record at the same time."


class Feedbacks:
    """Writes outcomes back; doing it again changes nothing."""

    def __init__(self, client: TimeTaggerClient, people: Sequence[Person], tag: str | None) -> None:
        self._client = client
        self._people = {person.key: person for person in people}
        self._tag = tag

    async def give(self, items: Sequence[Feedback]) -> list[FeedbackResult]:
        """One result per item, in order."""
        results: dict[str, FeedbackResult] = {}
        for person, ids in self._by_person(items).items():
            if person in self._people:
                results |= await self._mark(self._people[person], ids)
            else:
                results |= {each: _result(each, "refused", _NOBODY) for each in ids}
        return [
            results[item.external_id]
            if self._has_a_place(item)
            else _result(item.external_id, "unsupported", _NO_PLACE)
            for item in items
        ]

    def _has_a_place(self, item: Feedback) -> bool:
        return self._tag is not None and item.outcome is FeedbackOutcome.POSTED

    def _by_person(self, items: Sequence[Feedback]) -> dict[str, list[str]]:
        grouped: dict[str, list[str]] = defaultdict(list)
        for item in items:
            if self._has_a_place(item):
                grouped[parts_of(item.external_id)[0]].append(item.external_id)
        return grouped

    async def _mark(self, person: Person, ids: Sequence[str]) -> dict[str, FeedbackResult]:
        try:
            before = await self._records(person)
            unmarked = {
                each: stored.record
                for each in ids
                if (stored := before.get(each)) and stored.record and self._may_mark(stored.record)
            }
            if not unmarked:
                return {each: self._verdict(each, before, set()) for each in ids}
            marked = [self._marked(record) for record in unmarked.values()]
            failed = set(await self._client.put(person, marked))
            after = await self._records(person)
        except TimepostProblem as problem:
            return {each: _result(each, "retry", problem.detail) for each in ids}
        return {each: self._verdict(each, after, failed) for each in ids}

    async def _records(self, person: Person) -> dict[str, Stored]:
        stored, _ = await self._client.updates(person, 0)
        return {f"{person.key}:{each.key}": each for each in stored}

    def _may_mark(self, record: Record) -> bool:
        is_marked = carries_tag(record.ds, self._tag)
        return not (is_marked or record.is_deleted or self._lacks_room(record))

    def _marked(self, record: Record) -> Record:
        return record.model_copy(update={"ds": with_tag(record.ds, self._tag or "")})

    def _lacks_room(self, record: Record) -> bool:
        return len(with_tag(record.ds, self._tag or "")) > TEXT_LENGTH

    def _verdict(
        self, external_id: str, now: dict[str, Stored], failed: set[str]
    ) -> FeedbackResult:
        """By what stands there now; being accepted means nothing."""
        stored = now.get(external_id)
        if stored is None or (stored.record and stored.record.is_deleted):
            return _result(external_id, "missing")
        if stored.record is None or stored.key in failed:
            return _result(external_id, "refused", _UNCHANGEABLE)
        if carries_tag(stored.record.ds, self._tag):
            return _result(external_id, "delivered")
        if self._lacks_room(stored.record):
            return _result(external_id, "refused", _NO_ROOM)
        return _result(external_id, "retry", _OVERTAKEN)


def _result(external_id: str, status: _Status, message: str | None = None) -> FeedbackResult:
    return FeedbackResult(external_id=external_id, status=status, message=message)
