"""All entries of a window of work dates, user after user: Clockify has no list of a workspace's.

Pages of one user may shift when entries come and go. What falls through in between is absent, and
is found when it is read by its id.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from system_apis.capabilities import cursors
from system_apis.capabilities.time_tracking.schemas import EntryListing
from system_apis.connectors.clockify.entries import Entries
from system_apis.connectors.clockify.masters import Masters

# Work dates are in people's zones, and the instants asked for are read in yet another one.
_MARGIN = timedelta(days=2)
_UTC = ZoneInfo("UTC")
# So that a page is answered in time, even where nobody has entered anything.
_MOST_USERS = 50


class _Place(BaseModel):
    """``user`` is where to go on, by id; the others come after it."""

    user: str = ""
    page: int = Field(default=1, ge=1)


class Listing:
    """Lists the entries of one workspace."""

    def __init__(self, masters: Masters, entries: Entries) -> None:
        self._masters = masters
        self._entries = entries

    async def page(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        """The next entries; users without any are passed over."""
        start = datetime.combine(first_day, time(), _UTC) - _MARGIN
        end = datetime.combine(last_day, time(), _UTC) + _MARGIN
        place: _Place | None = cursors.read(cursor, _Place) if cursor else _Place()
        users = await self._masters.all_users()
        listing = EntryListing(entries=[], complete=True)
        for _ in range(_MOST_USERS):
            user = next((each for each in users if place and each >= place.user), None)
            if place is None or user is None or listing.entries or listing.unreadable:
                break
            page = place.page if place.user == user else 1
            entries, unreadable, last = await self._entries.of_user(user, start, end, page, limit)
            listing.entries = [each for each in entries if first_day <= each.work_date <= last_day]
            listing.unreadable = unreadable
            place = _next(users, user) if last else _Place(user=user, page=page + 1)
        listing.next_cursor = cursors.written(place) if place else None
        return listing


def _next(users: list[str], user: str) -> _Place | None:
    after = next((each for each in users if each > user), None)
    return None if after is None else _Place(user=after)
