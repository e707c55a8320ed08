"""Entries by id: the whole store of each person concerned is read.

TimeTagger finds records by their times, not by their keys, and an id says nothing about times.
"""

import asyncio
from collections.abc import Iterable, Sequence

import structlog

from shared.problems import TimepostProblem
from system_apis.capabilities.time_tracking.schemas import EntriesFound, TimeEntry
from system_apis.connectors.timetagger.client import TimeTaggerClient
from system_apis.connectors.timetagger.mapping import (
    Reading,
    Unmappable,
    entry_id,
    parts_of,
    to_time_entry,
)
from system_apis.connectors.timetagger.platform_models import Stored
from system_apis.connectors.timetagger.settings import Person

_log = structlog.get_logger(__name__)

_AT_A_TIME = 4
Stores = dict[str, dict[str, Stored]]


class Entries:
    """Re-reads records of several people."""

    def __init__(
        self, client: TimeTaggerClient, people: Sequence[Person], reading: Reading
    ) -> None:
        self._client = client
        self._people = {person.key: person for person in people}
        self._reading = reading

    async def by_ids(self, ids: Sequence[str]) -> EntriesFound:
        """Found and missing ones.

        In neither list, and in the log, is what may well be there but cannot be told: records of
        somebody who is no longer among the people of the connection (their hours are not taken
        back for that), of somebody whose token is refused, and those that make no sense.
        """
        wanted = list(dict.fromkeys(ids))
        stores = await self._stores_of(parts_of(each)[0] for each in wanted)
        found = EntriesFound(entries=[], missing=[])
        for external_id in wanted:
            person, key = parts_of(external_id)
            if person not in stores:
                _log.warning("timetagger_entry_left_out", entry=external_id, reason="not readable")
                continue
            stored = stores[person].get(key)
            if stored is None or (stored.record and stored.record.is_deleted):
                found.missing.append(external_id)
            elif entry := self.mapped(stored, self._people[person]):
                found.entries.append(entry)
        return found

    def mapped(self, stored: Stored, person: Person) -> TimeEntry | None:
        """The entry, or None and a line in the log."""
        if stored.record is None:
            _leave_out(person, stored, "a field is missing, or is no instant")
            return None
        try:
            return to_time_entry(stored.record, person, self._reading)
        except Unmappable as reason:
            _leave_out(person, stored, str(reason))
            return None

    async def _stores_of(self, keys: Iterable[str]) -> Stores:
        """Stores that can be read.

        :raises TimepostProblem: none of them can.
        """
        people = [self._people[key] for key in dict.fromkeys(keys) if key in self._people]
        places = asyncio.Semaphore(_AT_A_TIME)

        async def read(person: Person) -> dict[str, Stored] | TimepostProblem:
            async with places:
                try:
                    stored, _ = await self._client.updates(person, 0)
                except TimepostProblem as problem:
                    return problem
                return {each.key: each for each in stored}

        answers = await asyncio.gather(*(read(person) for person in people))
        stores = {
            person.key: each
            for person, each in zip(people, answers, strict=True)
            if not isinstance(each, TimepostProblem)
        }
        problems = [each for each in answers if isinstance(each, TimepostProblem)]
        if problems and not stores:
            raise problems[0]
        return stores


def _leave_out(person: Person, stored: Stored, reason: str) -> None:
    _log.warning("timetagger_entry_left_out", entry=entry_id(person, stored.key), reason=reason)
