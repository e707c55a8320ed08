"""Pages of what is known: full or since an instant, with what waits to be corrected."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from shared.problems import UpstreamUnavailable
from shared.values import Clock
from system_apis.capabilities import cursors
from system_apis.capabilities.contract import Contract
from system_apis.capabilities.master_lists import FaultyRow
from system_apis.connectors.csv_drop import states
from system_apis.connectors.csv_drop.client import Folder
from system_apis.connectors.csv_drop.settings import CsvDropSettings
from system_apis.connectors.csv_drop.states import Head, Place
from system_apis.connectors.csv_drop.taking import Taking

M = TypeVar("M", bound=Contract)


@dataclass(frozen=True)
class Told(Generic[M]):
    """One page; what waits to be mended stands on the last one. A list that does not come as files
    is empty, and says nothing by that."""

    items: list[M]
    deleted: list[str] = field(default_factory=list)
    faulty: list[FaultyRow] = field(default_factory=list)
    next_cursor: str | None = None
    is_offered: bool = True


class Lists:
    """Serves one connection's lists; new files are taken in before a listing begins."""

    def __init__(
        self,
        settings: CsvDropSettings,
        models: dict[str, type[Contract]],
        clock: Clock,
    ) -> None:
        self._folder = Folder(settings.folder)
        self._taking = Taking(self._folder, models, settings, clock)
        self._settings = settings

    async def page(
        self, name: str, model: type[M], cursor: str | None, limit: int, since: datetime | None
    ) -> Told[M]:
        """
        :raises UpstreamUnavailable: no file of this list was ever taken: that is no empty list.
        """
        place = cursors.read(cursor, Place) if cursor else None
        if place is None:
            await asyncio.to_thread(self._taking.take_all)
        file = self._folder.state_file(name)
        found = await asyncio.to_thread(states.page, file, place, limit, since)
        if found is None:
            raise UpstreamUnavailable(
                f"No file of {name} has been taken yet.",
                action=f"Put a full file into {self._settings.folder / 'incoming'}; if one was "
                "refused, its reason lies beside it in `refused`.",
                code="csv_nothing_taken",
            )
        return Told(
            items=[model.model_validate(row.record) for row in found.rows if row.record],
            deleted=[row.id for row in found.rows if row.record is None],
            faulty=[] if found.onward else await self._faulty(found.head),
            next_cursor=cursors.written(found.onward) if found.onward else None,
        )

    async def _faulty(self, head: Head) -> list[FaultyRow]:
        """Lines that wait to be corrected, and files that were refused since the last good one."""
        lines = [
            FaultyRow(external_id=each.id, reason=each.reason[:500]) for each in head.quarantined
        ]
        notes = await asyncio.to_thread(self._folder.refused_notes)
        files = [
            FaultyRow(external_id=None, reason=f"{note.file}: {note.reason}"[:500])
            for note in notes
            if note.at >= head.taken_at
        ]
        return lines + files

    async def check(self) -> list[str]:
        """
        :raises UpstreamUnavailable, UpstreamRefused: the folder is out of reach.
        """
        await asyncio.to_thread(self._taking.take_all)
        told = []
        for name in sorted(self._settings.lists):
            state = await asyncio.to_thread(states.read, self._folder.state_file(name))
            if state is None:
                told.append(f"{name}: no file was taken yet")
                continue
            known = sum(row.record is not None for row in state.rows.values())
            told.append(f"{name}: {known} known as of sequence {state.head.sequence}")
        refused = await asyncio.to_thread(self._folder.refused_notes)
        return [*told, f"{len(refused)} files lie in `refused`"]
