"""Changed entries from the experimental feeds, whose gaps are closed as far as they can be.

- A deletion shows up about a minute late: every sweep looks back over the end of the last one.
- What was created and changed within the asked window stands only in `/created`: all are read.
- What was created and deleted within the asked window is missing from `/deleted`. So that feed is
  asked for short slices: only what lived shorter than a slice escapes it. Such an entry was told
  as created or by a webhook, if at all, and its re-read says that it is gone.

What lies in that gap is found by the listing of work dates.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from system_apis.capabilities import cursors
from system_apis.capabilities.time_tracking.schemas import ChangeKind, EntryChange, EntryChanges
from system_apis.connectors.clockify.client import ClockifyClient, Feed
from system_apis.connectors.clockify.platform_models import Changed

_SLICE = timedelta(minutes=15)
_MOST_SLICES = 16


@dataclass(frozen=True)
class _Stage:
    feed: Feed
    start: datetime
    end: datetime


class _Place(BaseModel):
    """``seen`` recognises a page that came twice, because Clockify ignored the page number."""

    stage: int = Field(default=0, ge=0)
    page: int = Field(default=0, ge=0)
    offset: int = Field(default=0, ge=0)
    seen: str = ""


class Changes:
    """Lists changed entries of one workspace, thin."""

    def __init__(self, client: ClockifyClient, look_back: timedelta) -> None:
        self._client = client
        self._look_back = look_back

    async def page(
        self, since: datetime, until: datetime, cursor: str | None, limit: int
    ) -> EntryChanges:
        """The next changes; the feeds are read one after another until there are some."""
        stages = _stages(since, until, self._look_back)
        place: _Place | None = cursors.read(cursor, _Place) if cursor else _Place()
        changes: list[EntryChange] = []
        while place is not None and place.stage < len(stages) and not changes:
            changes, place = await self._one_page(stages[place.stage], place, limit)
        ended = place is None or place.stage >= len(stages)
        return EntryChanges(
            changes=changes,
            next_cursor=None if place is None or ended else cursors.written(place),
        )

    async def _one_page(
        self, stage: _Stage, place: _Place, limit: int
    ) -> tuple[list[EntryChange], _Place]:
        items = await self._client.changed_entries(
            stage.feed, stage.start, stage.end, place.page, limit
        )
        fingerprint = _fingerprint(items)
        if place.page > 0 and fingerprint == place.seen:
            items = []
        rest = items[place.offset :]
        if len(rest) > limit:
            onward = place.model_copy(update={"offset": place.offset + limit})
        elif len(items) == limit:
            onward = _Place(stage=place.stage, page=place.page + 1, seen=fingerprint)
        else:
            onward = _Place(stage=place.stage + 1)
        kind = ChangeKind.DELETED if stage.feed == "deleted" else ChangeKind.CHANGED
        return [EntryChange(external_id=i.id, change=kind) for i in rest[:limit]], onward


def _stages(since: datetime, until: datetime, look_back: timedelta) -> list[_Stage]:
    """Deletions last: of two hints about one entry the later is the stronger.

    Whether the ends of a window belong to it is not documented: slices share theirs, and what
    happened in that very second may be told twice.
    """
    stages = [_Stage("created", since, until), _Stage("updated", since, until)]
    stages.append(_Stage("deleted", since - look_back, since))
    step = max(_SLICE, (until - since) / _MOST_SLICES)
    start = since
    while start < until:
        stages.append(_Stage("deleted", start, min(start + step, until)))
        start += step
    return stages


def _fingerprint(items: list[Changed]) -> str:
    return f"{len(items)}:{items[0].id}:{items[-1].id}" if items else ""
