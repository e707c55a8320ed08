"""Entries by id: Redmine has no request for several, so each is read on its own."""

import asyncio
from collections.abc import Sequence

import structlog

from system_apis.capabilities.time_tracking.schemas import EntriesFound, TimeEntry
from system_apis.connectors.redmine.client import Forbidden, NotThere, RedmineClient
from system_apis.connectors.redmine.mapping import Unmappable, state_of, to_time_entry
from system_apis.connectors.redmine.people import People
from system_apis.connectors.redmine.platform_models import Entry
from system_apis.connectors.redmine.settings import RedmineSettings

_log = structlog.get_logger(__name__)

_AT_A_TIME = 4


class Entries:
    """Re-reads entries."""

    def __init__(self, client: RedmineClient, people: People, settings: RedmineSettings) -> None:
        self._client = client
        self._people = people
        self._settings = settings

    async def by_ids(self, ids: Sequence[str]) -> EntriesFound:
        """Found and missing ones.

        In neither list, and in the log, is what Redmine forbids to read: archiving a project
        takes no hours back. And what makes no sense.
        """
        places = asyncio.Semaphore(_AT_A_TIME)
        found = EntriesFound(entries=[], missing=[])

        async def read(external_id: str) -> None:
            async with places:
                try:
                    entry = await self._read(external_id)
                except NotThere:
                    found.missing.append(external_id)
                    return
                except Forbidden:
                    _log.warning("redmine_entry_left_out", entry=external_id, reason="forbidden")
                    return
                if mapped := await self.mapped(entry):
                    found.entries.append(mapped)

        try:
            async with asyncio.TaskGroup() as group:
                for each in dict.fromkeys(ids):
                    group.create_task(read(each))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return found

    async def mapped(self, entry: Entry) -> TimeEntry | None:
        """The entry, or None and a line in the log."""
        approval = self._settings.approval
        if approval and not state_of(entry, approval).known:
            _log.warning("redmine_approval_unknown", entry=str(entry.id))
        user = await self._people.find(entry.user.id)
        try:
            return to_time_entry(entry, user, self._settings)
        except Unmappable as reason:
            _log.warning("redmine_entry_left_out", entry=str(entry.id), reason=str(reason))
            return None

    async def _read(self, external_id: str) -> Entry:
        number = number_of(external_id)
        if number is None:
            raise NotThere("Redmine gives no such ids.")
        return await self._client.entry(number)


def number_of(external_id: str) -> int | None:
    """Redmine's id, or None if it is none that Redmine would give."""
    return int(external_id) if external_id.isascii() and external_id.isdigit() else None
