"""Approval requests. Clockify lists them, whole and unfiltered; it cannot give one by its id."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date, timedelta

import structlog
from pydantic import BaseModel, Field

from system_apis.capabilities import cursors
from system_apis.capabilities.time_tracking.schemas import Approval, ApprovalPage, ApprovalsFound
from system_apis.connectors.clockify.client import ClockifyClient
from system_apis.connectors.clockify.mapping import (
    Reading,
    References,
    Unmappable,
    first_day_of,
    to_approval,
    users_named_by,
)
from system_apis.connectors.clockify.masters import Masters
from system_apis.connectors.clockify.platform_models import ApprovalItem

_log = structlog.get_logger(__name__)

_PAGE = 50
# The longest period is a month; a day more for time zones.
_LONGEST_PERIOD = timedelta(days=32)


class _Place(BaseModel):
    page: int = Field(ge=1)
    size: int = Field(ge=1, le=_PAGE)


class Approvals:
    """Reads the approval requests of one workspace."""

    def __init__(self, client: ClockifyClient, masters: Masters, reading: Reading) -> None:
        self._client = client
        self._masters = masters
        self._reading = reading

    async def by_ids(self, ids: Sequence[str]) -> ApprovalsFound:
        """Found and missing ones; a request that cannot be mapped is in neither list."""
        wanted = list(dict.fromkeys(ids))
        found = await self.find(set(wanted))
        mapped = await self._mapped([found[i] for i in wanted if i in found])
        return ApprovalsFound(approvals=mapped, missing=[i for i in wanted if i not in found])

    async def find(
        self, ids: Collection[str], *, at_most_pages: int | None = None
    ) -> dict[str, ApprovalItem]:
        """Requests by id, searched from the newest on.

        Ids grow with time, and by id no request changes its place while we read on: below the
        smallest wanted id nothing is left to find. That a request is absent is proven unless
        ``at_most_pages`` ended the search.
        """
        found: dict[str, ApprovalItem] = {}
        if not ids:
            return found
        smallest, pages = min(ids), 0
        previous: str | None = None
        in_order = True
        async for items in self._newest_first():
            for item in items:
                request_id = item.approval_request.id
                in_order = in_order and (previous is None or request_id <= previous)
                previous = request_id
                if request_id in ids:
                    found[request_id] = item
            pages += 1
            passed = in_order and previous is not None and previous < smallest
            if passed or len(found) == len(ids) or pages == at_most_pages:
                break
        return found

    async def in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> ApprovalPage:
        """Requests whose period overlaps the window, latest periods first.

        Clockify ignores parameters for dates, so pages may come back thin or empty.
        """
        place = cursors.read(cursor, _Place) if cursor else _Place(page=1, size=min(limit, _PAGE))
        items, last = await self._client.approval_requests("START", place.page, place.size)
        owners = {item.approval_request.owner.user_id for item in items}
        references = References(users=await self._masters.users(owners))
        starts = [first_day_of(item.approval_request, references, self._reading) for item in items]
        near = [
            item
            for item, start in zip(items, starts, strict=True)
            if first_day - _LONGEST_PERIOD <= start <= last_day
        ]
        mapped = await self._mapped(near)
        passed = (
            starts == sorted(starts, reverse=True)
            and bool(starts)
            and starts[-1] < first_day - _LONGEST_PERIOD
        )
        onward = _Place(page=place.page + 1, size=place.size)
        return ApprovalPage(
            approvals=[approval for approval in mapped if approval.period_end >= first_day],
            next_cursor=None if last or passed else cursors.written(onward),
        )

    async def _newest_first(self) -> AsyncIterator[list[ApprovalItem]]:
        page, last = 1, False
        while not last:
            items, last = await self._client.approval_requests("ID", page, _PAGE)
            yield items
            page += 1

    async def _mapped(self, items: Sequence[ApprovalItem]) -> list[Approval]:
        entries = [entry for item in items for entry in item.entries]
        users: set[str] = set().union(*(users_named_by(item) for item in items))
        references = await self._masters.references_for(entries, users)
        return [approval for item in items if (approval := self._one(item, references))]

    def _one(self, item: ApprovalItem, references: References) -> Approval | None:
        """An approval without one of its entries would approve too little: left out as a whole."""
        try:
            return to_approval(item, references, self._reading)
        except Unmappable as reason:
            _log.error(
                "clockify_approval_left_out",
                approval=item.approval_request.id,
                reason=str(reason),
            )
            return None
