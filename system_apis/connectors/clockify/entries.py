"""Entries by id: read in batches, a few batches at a time."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import ValidationError

from system_apis.capabilities.time_tracking.schemas import (
    EntriesFound,
    EntryApproval,
    EntryStatus,
    TimeEntry,
)
from system_apis.connectors.clockify.approvals import Approvals
from system_apis.connectors.clockify.client import ClockifyClient, RequestRefused
from system_apis.connectors.clockify.mapping import (
    Reading,
    References,
    Unmappable,
    counts_as_work,
    to_entry_approval,
    to_time_entry,
    users_named_by,
)
from system_apis.connectors.clockify.masters import Masters
from system_apis.connectors.clockify.platform_models import ApprovalItem, Entry

_log = structlog.get_logger(__name__)

BATCH = 100
_AT_A_TIME = 4
# Most covered entries are of the last weeks; further back the approval stays untold.
_APPROVAL_PAGES = 4


@dataclass(frozen=True)
class _Read:
    """``there`` are the ids of all that is work, whether or not it makes sense."""

    entries: list[TimeEntry]
    there: set[str]


class Entries:
    """Re-reads entries of one workspace."""

    def __init__(
        self, client: ClockifyClient, masters: Masters, approvals: Approvals, reading: Reading
    ) -> None:
        self._client = client
        self._masters = masters
        self._approvals = approvals
        self._reading = reading

    async def by_ids(self, ids: Sequence[str]) -> EntriesFound:
        """Found and missing ones.

        Breaks, holidays and time off count as missing. An entry that cannot be read or mapped is
        in neither list, and in the log: it is not gone, and it must not stop the others.
        """
        wanted = list(dict.fromkeys(ids))
        raw = await self._read_in_batches(wanted)
        entries = [entry for item in raw if (entry := _read(item))]
        read = await self._made_sense_of(raw, entries, await self._covering(entries))
        return EntriesFound(
            entries=read.entries,
            missing=[each for each in wanted if each not in read.there],
        )

    async def of_user(
        self, user_id: str, start: datetime, end: datetime, page: int, size: int
    ) -> tuple[list[TimeEntry], list[str], bool]:
        """One page of somebody's entries, the ids of those that make no sense, and whether it is
        the last. Their approvals are not looked for."""
        raw, last = await self._client.entries_of(user_id, start, end, page, size)
        entries = [entry for item in raw if (entry := _read(item))]
        read = await self._made_sense_of(raw, entries, {})
        told = {entry.external_id for entry in read.entries}
        return read.entries, sorted(read.there - told), last

    async def _made_sense_of(
        self, raw: Sequence[Any], entries: Sequence[Entry], covering: dict[str, ApprovalItem]
    ) -> _Read:
        references = await self._references(entries, covering.values())
        there = {item["id"] for item in raw if isinstance(item, dict) and "id" in item}
        idle = {entry.id for entry in entries if not counts_as_work(entry)}
        mapped = [
            self._mapped(entry, references, covering) for entry in entries if entry.id not in idle
        ]
        return _Read([each for each in mapped if each is not None], there - idle)

    async def existing(self, entry_id: str) -> bool:
        """Whether Clockify still has the entry."""
        return bool(await self._read_batch([entry_id]))

    async def _read_in_batches(self, ids: Sequence[str]) -> list[Any]:
        places = asyncio.Semaphore(_AT_A_TIME)

        async def read(batch: Sequence[str]) -> list[Any]:
            async with places:
                return await self._read_batch(batch)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(read(ids[start : start + BATCH]))
                    for start in range(0, len(ids), BATCH)
                ]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return [item for task in tasks for item in task.result()]

    async def _read_batch(self, ids: Sequence[str]) -> list[Any]:
        """Whether an unknown id is left out or spoils the batch is not documented: both work."""
        try:
            return await self._client.entries(ids)
        except RequestRefused:
            if len(ids) == 1:
                return []
        middle = len(ids) // 2
        return await self._read_batch(ids[:middle]) + await self._read_batch(ids[middle:])

    async def _covering(self, entries: Iterable[Entry]) -> dict[str, ApprovalItem]:
        """Approval requests that the entries name, as far as they are quickly found."""
        ids = {entry.approval_request_id for entry in entries if entry.approval_request_id}
        return await self._approvals.find(ids, at_most_pages=_APPROVAL_PAGES)

    async def _references(
        self, entries: Sequence[Entry], covering: Iterable[ApprovalItem]
    ) -> References:
        users = {entry.user_id for entry in entries if entry.user_id}
        return await self._masters.references_for(
            entries, users.union(*(users_named_by(item) for item in covering))
        )

    def _mapped(
        self, entry: Entry, references: References, covering: dict[str, ApprovalItem]
    ) -> TimeEntry | None:
        try:
            approval = _approval_of(entry, references, covering)
            return to_time_entry(entry, entry.user_id, references, self._reading, approval)
        except Unmappable as reason:
            _log.warning("clockify_entry_left_out", entry=entry.id, reason=str(reason))
            return None


def _read(raw: Any) -> Entry | None:
    try:
        return Entry.model_validate(raw)
    except ValidationError as error:
        entry_id = raw.get("id") if isinstance(raw, dict) else None
        wrong = [".".join(map(str, item["loc"])) for item in error.errors(include_input=False)]
        _log.warning("clockify_entry_left_out", entry=entry_id, reason=f"not understood: {wrong}")
        return None


def _approval_of(
    entry: Entry, references: References, covering: dict[str, ApprovalItem]
) -> EntryApproval | None:
    if not entry.tells_approval:
        return None
    if entry.approval_request_id is None:
        return EntryApproval(status=EntryStatus.OPEN)
    item = covering.get(entry.approval_request_id)
    return None if item is None else to_entry_approval(item.approval_request, references)
