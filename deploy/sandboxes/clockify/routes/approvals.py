"""Approval requests: one per person and period, covering the entries of that period."""

from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from deploy.sandboxes.clockify import wire
from deploy.sandboxes.clockify.errors import invalid, not_in_workspace
from deploy.sandboxes.clockify.paging import PageNumber, PageSize, one_page
from deploy.sandboxes.clockify.platform import (
    Caller,
    CallersWorkspace,
    Platform,
    PlatformOf,
    known_user,
)
from deploy.sandboxes.clockify.records import Approval, Entry, User, Workspace
from deploy.sandboxes.clockify.routes.masters import Body
from deploy.sandboxes.clockify.wire import Json

router = APIRouter(prefix="/workspaces/{workspace_id}/approval-requests")

_LISTABLE = ("PENDING", "APPROVED", "WITHDRAWN_APPROVAL")
_ALLOWED = {
    "PENDING": {"APPROVED", "REJECTED", "WITHDRAWN_SUBMISSION"},
    "APPROVED": {"WITHDRAWN_APPROVAL"},
    "REJECTED": {"PENDING"},
    "WITHDRAWN_SUBMISSION": {"PENDING"},
    "WITHDRAWN_APPROVAL": {"PENDING"},
}
_SORT_KEYS = {
    "ID": lambda request: request.id,
    "USER_ID": lambda request: request.owner_id,
    "START": lambda request: request.start,
    "UPDATED_AT": lambda request: request.updated_at,
}


class SubmitBody(Body):
    period_start: AwareDatetime
    period: Literal["WEEKLY", "SEMI_MONTHLY", "MONTHLY"] | None = None


class StateBody(Body):
    state: Literal["PENDING", "APPROVED", "REJECTED", "WITHDRAWN_SUBMISSION", "WITHDRAWN_APPROVAL"]
    note: str = ""


@router.get("")
async def list_requests(
    *,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    status: str | None = None,
    sort_column: Annotated[str, Query(alias="sort-column")] = "START",
    sort_order: Annotated[str, Query(alias="sort-order")] = "ASCENDING",
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> JSONResponse:
    """REJECTED and WITHDRAWN_SUBMISSION cannot be asked for; without a filter all are listed.

    Parameters for a user or a window of dates are ignored, as in the original.
    """
    if status is not None and status not in _LISTABLE:
        raise invalid(f"You entered invalid value for field: [status]: {', '.join(_LISTABLE)}")
    if sort_column not in _SORT_KEYS:
        raise invalid("You entered invalid value for field: [sort-column]")
    found = [
        request
        for request in platform.store.approvals.all()
        if request.workspace_id == workspace.id and status in (None, request.state)
    ]
    found.sort(key=_SORT_KEYS[sort_column], reverse=sort_order == "DESCENDING")
    items = [wire.approval_item(request, platform.store) for request in found]
    return one_page(items, page, page_size)


# The newer spelling puts the kind where other methods have the request's id.
@router.post("", status_code=201)
@router.post("/TIMESHEET", status_code=201)
@router.post("/TIMESHEET_AND_EXPENSE", status_code=201)
async def submit(
    body: SubmitBody, caller: Caller, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    return _submit(platform, workspace, caller, caller, body)


@router.post("/users/{user_id}", status_code=201)
async def submit_for(
    user_id: str,
    body: SubmitBody,
    caller: Caller,
    workspace: CallersWorkspace,
    platform: PlatformOf,
) -> Json:
    return _submit(platform, workspace, known_user(platform, workspace, user_id), caller, body)


@router.patch("/{request_id}")
async def change_state(
    request_id: str,
    body: StateBody,
    caller: Caller,
    workspace: CallersWorkspace,
    platform: PlatformOf,
) -> Json:
    request = platform.store.approvals.get(request_id)
    if request is None or request.workspace_id != workspace.id:
        raise not_in_workspace("Approval request", request_id)
    if body.state not in _ALLOWED[request.state]:
        raise invalid(f"Approval request can't go from {request.state} to {body.state}")
    request.state, request.note = body.state, body.note
    request.updated_by, request.updated_at = caller.id, platform.now()
    _link(platform, request, None if body.state.startswith("WITHDRAWN") else request.id)
    platform.store.approvals.put(request)
    platform.tell_approval("APPROVAL_REQUEST_STATUS_UPDATED", request)
    return wire.approval(request, platform.store)


def _submit(
    platform: Platform, workspace: Workspace, owner: User, creator: User, body: SubmitBody
) -> Json:
    if body.period not in (None, workspace.approval_period):
        raise invalid("Period must match the workspace approval period setting")
    start, end = _range(body.period_start, workspace.approval_period, owner.time_zone)
    entries = _open_entries(platform, owner, start, end)
    if not entries:
        raise invalid("There are no entries to submit in this period")
    now = platform.now()
    request = Approval(
        id=platform.store.new_id(),
        workspace_id=workspace.id,
        owner_id=owner.id,
        creator_id=creator.id,
        start=start,
        end=end,
        updated_by=creator.id,
        updated_at=now,
        entry_ids=[entry.id for entry in entries],
    )
    _link(platform, request, request.id)
    platform.store.approvals.put(request)
    platform.tell_approval("NEW_APPROVAL_REQUEST", request)
    return wire.approval(request, platform.store)


def _open_entries(platform: Platform, owner: User, start: datetime, end: datetime) -> list[Entry]:
    """Entries of the period that no pending or approved request covers."""
    store = platform.store
    taken = {
        entry_id
        for request in store.approvals.all()
        if request.state in ("PENDING", "APPROVED")
        for entry_id in request.entry_ids
    }
    return [
        entry
        for entry in store.entries.all()
        if entry.user_id == owner.id
        and entry.deleted_at is None
        and entry.end is not None
        and start <= entry.start <= end
        and entry.id not in taken
    ]


def _range(first: datetime, period: str, zone_name: str) -> tuple[datetime, datetime]:
    """From local midnight to the last second, in the owner's zone."""
    zone = ZoneInfo(zone_name)
    day = first.astimezone(zone).date()
    if period == "WEEKLY":
        until = day + timedelta(days=7)
    elif period == "SEMI_MONTHLY" and day.day < 16:
        until = day.replace(day=16)
    else:
        until = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    start = datetime.combine(day, time(), zone)
    return start, datetime.combine(until - timedelta(days=1), time(23, 59, 59), zone)


def _link(platform: Platform, request: Approval, approval_id: str | None) -> None:
    for entry_id in request.entry_ids:
        entry = platform.store.entry(entry_id)
        if entry is not None:
            entry.approval_request_id = approval_id
            platform.store.entries.put(entry)
