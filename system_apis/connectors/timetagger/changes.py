"""Changed records, person after person, in the order in which the server stored them.

- `reset` in anybody's answer means that a store was restored or replaced: then everything of
  everybody is told from the start. What is gone since is found by the listing of work dates.
- A refused token stops nobody else's changes: they are listed first, and the last page is the
  refusal. So the caller's watermark stays where it is until the token is mended.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from shared.problems import UpstreamRefused
from system_apis.capabilities import cursors
from system_apis.capabilities.time_tracking.schemas import ChangeKind, EntryChange, EntryChanges
from system_apis.connectors.timetagger.client import TimeTaggerClient
from system_apis.connectors.timetagger.entries import Entries
from system_apis.connectors.timetagger.mapping import entry_id
from system_apis.connectors.timetagger.platform_models import Stored
from system_apis.connectors.timetagger.settings import Person


class _Place(BaseModel):
    """``after`` is the last record told of the present person, by instant of storing and key."""

    person: int = Field(default=0, ge=0)
    after: tuple[float, str] | None = None
    full: bool = False
    refused: list[str] = Field(default_factory=list)

    def next_person(self, *refused: str) -> "_Place":
        return _Place(person=self.person + 1, full=self.full, refused=[*self.refused, *refused])


class Changes:
    """Lists changed records of all people of a connection."""

    def __init__(
        self,
        client: TimeTaggerClient,
        people: Sequence[Person],
        entries: Entries,
        look_back: timedelta,
    ) -> None:
        self._client = client
        self._people = people
        self._entries = entries
        self._look_back = look_back

    async def page(self, since: datetime, cursor: str | None, limit: int) -> EntryChanges:
        """The next changes; people without any are passed over.

        :raises UpstreamRefused: on the last page, if TimeTagger refused somebody's token.
        """
        place = cursors.read(cursor, _Place) if cursor else _Place()
        changes: list[EntryChange] = []
        while place.person < len(self._people) and not changes:
            changes, place = await self._of_one_person(place, since, limit)
        ended = place.person >= len(self._people)
        if ended and place.refused and not changes:
            raise UpstreamRefused(
                f"TimeTagger refuses the API tokens of {', '.join(place.refused)}.",
                action="Let them copy their tokens from TimeTagger's settings again.",
                code="timetagger_token_refused",
            )
        return EntryChanges(
            changes=changes,
            next_cursor=None if ended and not place.refused else cursors.written(place),
        )

    async def _of_one_person(
        self, place: _Place, since: datetime, limit: int
    ) -> tuple[list[EntryChange], _Place]:
        person = self._people[place.person]
        try:
            stored, reset = await self._client.updates(person, self._start(place, since))
        except UpstreamRefused as problem:
            if problem.code != "timetagger_token_refused":
                raise
            return [], place.next_person(person.key)
        if reset and not place.full:
            return [], _Place(full=True)
        rest = sorted((each.st, each.key, each) for each in stored if _is_after(each, place.after))
        told = [each for _, _, each in rest[:limit]]
        changes = [self._change(each, person) for each in told]
        if len(rest) <= limit:
            return changes, place.next_person()
        return changes, place.model_copy(update={"after": (told[-1].st, told[-1].key)})

    def _start(self, place: _Place, since: datetime) -> float:
        if place.after is not None:
            return place.after[0]
        return 0 if place.full else max(0.0, (since - self._look_back).timestamp())

    def _change(self, stored: Stored, person: Person) -> EntryChange:
        external_id = entry_id(person, stored.key)
        if stored.record is not None and stored.record.is_deleted:
            return EntryChange(external_id=external_id, change=ChangeKind.DELETED)
        entry = self._entries.mapped(stored, person)
        return EntryChange(external_id=external_id, change=ChangeKind.CHANGED, entry=entry)


def _is_after(stored: Stored, after: tuple[float, str] | None) -> bool:
    return after is None or (stored.st, stored.key) > after
