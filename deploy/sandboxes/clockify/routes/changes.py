"""The experimental feeds of created, updated and deleted entities."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from deploy.sandboxes.clockify import wire
from deploy.sandboxes.clockify.platform import CallersWorkspace, Platform, PlatformOf
from deploy.sandboxes.clockify.records import Entry, Workspace
from deploy.sandboxes.clockify.wire import Json

router = APIRouter(prefix="/workspaces/{workspace_id}/entities")

_DEFAULT_SPAN = timedelta(days=30)

Kinds = Annotated[list[str], Query(alias="type", min_length=1)]


class Window:
    """The dates that were asked for; a missing one is 30 days from the other."""

    def __init__(
        self, platform: PlatformOf, start: datetime | None = None, end: datetime | None = None
    ) -> None:
        self.end = end or (start + _DEFAULT_SPAN if start else platform.now())
        self.start = start or self.end - _DEFAULT_SPAN

    def holds(self, moment: datetime) -> bool:
        # The wire knows whole seconds only.
        return self.start <= moment.replace(microsecond=0) <= self.end


def _page(platform: Platform, items: list[Json], page: int, limit: int) -> list[Json]:
    """Pages count from 0 here, unlike everywhere else."""
    if platform.faults.api.feed_ignores_paging:
        return items
    return items[page * limit : (page + 1) * limit]


def _entries(platform: Platform, workspace: Workspace, kinds: list[str]) -> Iterator[Entry]:
    """Only TIME_ENTRY has content in the stand-in."""
    if "TIME_ENTRY" in kinds:
        yield from (e for e in platform.store.entries.all() if e.workspace_id == workspace.id)


def _document(entry: Entry, platform: Platform) -> Json:
    return wire.entry(entry, platform.store) | {
        "documentCode": "TIME_ENTRY",
        "auditMetadata": {
            "createdAt": wire.instant(entry.created_at),
            "updatedAt": wire.instant(entry.updated_at),
        },
    }


@router.get("/created")
async def created(
    *,
    kinds: Kinds,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    start: datetime | None = None,
    end: datetime | None = None,
    page: int = 0,
    limit: int = 50,
) -> list[Json]:
    window = Window(platform, start, end)
    found = [
        _document(entry, platform)
        for entry in _entries(platform, workspace, kinds)
        if entry.deleted_at is None and window.holds(entry.created_at)
    ]
    return _page(platform, found, page, limit)


@router.get("/updated")
async def updated(
    *,
    kinds: Kinds,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    start: datetime | None = None,
    end: datetime | None = None,
    page: int = 0,
    limit: int = 50,
) -> list[Json]:
    """What was also created in the window appears only under ``/created``."""
    window = Window(platform, start, end)
    found = [
        _document(entry, platform)
        for entry in _entries(platform, workspace, kinds)
        if entry.deleted_at is None
        and entry.updated_at != entry.created_at
        and window.holds(entry.updated_at)
        and not window.holds(entry.created_at)
    ]
    return _page(platform, found, page, limit)


@router.get("/deleted")
async def deleted(
    *,
    kinds: Kinds,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    start: datetime | None = None,
    end: datetime | None = None,
    page: int = 0,
    limit: int = 50,
) -> list[Json]:
    """About a minute late; what was also created in the window is missing altogether."""
    window = Window(platform, start, end)
    visible_until = platform.now() - timedelta(seconds=platform.faults.api.deletion_lag_seconds)
    found = [
        {
            "id": entry.id,
            "documentCode": "TIME_ENTRY",
            "deletedAt": wire.instant(entry.deleted_at),
            "document": {"_id": entry.id, "workspaceId": entry.workspace_id},
        }
        for entry in _entries(platform, workspace, kinds)
        if entry.deleted_at is not None
        and entry.deleted_at <= visible_until
        and window.holds(entry.deleted_at)
        and not window.holds(entry.created_at)
    ]
    return _page(platform, found, page, limit)
