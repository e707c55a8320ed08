"""All records of a window of work dates, person after person, in the order of their keys."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, Field

from shared.problems import UpstreamRefused
from system_apis.capabilities import cursors
from system_apis.capabilities.time_tracking.schemas import EntryListing
from system_apis.connectors.timetagger.client import TimeTaggerClient
from system_apis.connectors.timetagger.entries import Entries
from system_apis.connectors.timetagger.mapping import entry_id
from system_apis.connectors.timetagger.platform_models import Stored
from system_apis.connectors.timetagger.settings import Person


class _Place(BaseModel):
    """``after`` is the last record looked at of the present person, by key."""

    person: int = Field(default=0, ge=0)
    after: str = ""
    flawed: bool = False

    def next_person(self, *, flawed: bool = False) -> "_Place":
        return _Place(person=self.person + 1, flawed=self.flawed or flawed)


class Listing:
    """Lists the stores of all people of a connection. Each page reads one person's store whole:
    the server finds records by the times of their last change only."""

    def __init__(
        self, client: TimeTaggerClient, people: Sequence[Person], entries: Entries
    ) -> None:
        self._client = client
        self._people = people
        self._entries = entries

    async def page(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        """The next records of one person. Somebody whose token is refused is passed over, and then
        the listing is not complete."""
        place = cursors.read(cursor, _Place) if cursor else _Place()
        page = EntryListing(entries=[], complete=False)
        if place.person < len(self._people):
            person = self._people[place.person]
            stored = await self._store_of(person)
            if stored is None:
                place = place.next_person(flawed=True)
            else:
                after = self._tell(page, stored, person, place.after, (first_day, last_day), limit)
                onward = place.model_copy(update={"after": after})
                place = onward if after else place.next_person()
        ended = place.person >= len(self._people)
        page.next_cursor = None if ended else cursors.written(place)
        page.complete = not place.flawed
        return page

    async def _store_of(self, person: Person) -> list[Stored] | None:
        """None if the person's token is refused."""
        try:
            stored, _ = await self._client.updates(person, 0)
        except UpstreamRefused as problem:
            if problem.code != "timetagger_token_refused":
                raise
            return None
        return sorted(stored, key=lambda each: each.key)

    def _tell(
        self,
        page: EntryListing,
        stored: Sequence[Stored],
        person: Person,
        after: str,
        window: tuple[date, date],
        limit: int,
    ) -> str | None:
        """Fill the page; returns the last record looked at, or None if no other is left."""
        told = 0
        for each in stored:
            if each.key <= after or (each.record is not None and each.record.is_deleted):
                continue
            entry = self._entries.mapped(each, person)
            if entry is None:
                page.unreadable.append(entry_id(person, each.key))
            elif window[0] <= entry.work_date <= window[1]:
                page.entries.append(entry)
            else:
                continue
            told += 1
            if told == limit:
                return each.key
        return None
