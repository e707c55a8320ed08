"""Time entries: per user, by id, in batches; marking as invoiced."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
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
    known_entry,
    known_user,
)
from deploy.sandboxes.clockify.records import Entry, User, Workspace
from deploy.sandboxes.clockify.routes.masters import Body
from deploy.sandboxes.clockify.wire import Json

router = APIRouter(prefix="/workspaces/{workspace_id}")


class EntryBody(Body):
    """A new or replaced entry; without ``end`` it is a running timer."""

    start: AwareDatetime
    end: AwareDatetime | None = None
    description: str = ""
    project_id: str | None = None
    task_id: str | None = None
    tag_ids: list[str] | None = None
    billable: bool = True
    type: str = "REGULAR"


class BatchBody(Body):
    time_entry_ids: list[str]
    hydrated: bool = False


class InvoicedBody(Body):
    time_entry_ids: list[str]
    invoiced: bool


class StopBody(Body):
    end: AwareDatetime


@router.get("/user/{user_id}/time-entries")
async def list_entries(
    *,
    user_id: str,
    caller: Caller,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    start: datetime | None = None,
    end: datetime | None = None,
    hydrated: bool = False,
    in_progress: Annotated[bool | None, Query(alias="in-progress")] = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> JSONResponse:
    """By the start of the work, newest first.

    The quirk of the original: ``start`` and ``end`` are read as wall clock in the time zone of
    the key's account, whatever offset they carry.
    """
    user = known_user(platform, workspace, user_id)
    zone = ZoneInfo(caller.time_zone)
    first = None if start is None else start.replace(tzinfo=zone)
    last = None if end is None else end.replace(tzinfo=zone)
    found = [
        entry
        for entry in platform.store.entries.all()
        if entry.user_id == user.id
        and entry.deleted_at is None
        and (first is None or entry.start >= first)
        and (last is None or entry.start <= last)
        and in_progress in (None, entry.end is None)
    ]
    found.sort(key=lambda entry: entry.start, reverse=True)
    show = wire.hydrated if hydrated else wire.entry
    return one_page([show(entry, platform.store) for entry in found], page, page_size)


@router.post("/time-entries", status_code=201)
async def create_entry(
    body: EntryBody, caller: Caller, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    return _create(platform, workspace, caller, body)


@router.post("/user/{user_id}/time-entries", status_code=201)
async def create_entry_for(
    user_id: str, body: EntryBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    return _create(platform, workspace, known_user(platform, workspace, user_id), body)


@router.patch("/user/{user_id}/time-entries")
async def stop_timer(
    user_id: str, body: StopBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    known_user(platform, workspace, user_id)
    running = [
        entry
        for entry in platform.store.entries.all()
        if entry.user_id == user_id and entry.end is None and entry.deleted_at is None
    ]
    if not running:
        raise not_in_workspace("Running time entry of user", user_id)
    entry = running[-1]
    entry.end, entry.updated_at = body.end, platform.now()
    platform.store.entries.put(entry)
    platform.tell_entry("TIMER_STOPPED", entry)
    return wire.entry(entry, platform.store)


@router.post("/time-entries/batch")
async def read_batch(
    body: BatchBody, workspace: CallersWorkspace, platform: PlatformOf
) -> list[Json]:
    """Unknown ids are silently left out, unless the control API asked for strictness."""
    faults, shown = platform.faults.api, []
    for entry_id in body.time_entry_ids:
        entry = platform.store.entry(entry_id)
        if entry is None or entry.workspace_id != workspace.id:
            if faults.strict_batch:
                raise not_in_workspace("TIMEENTRY", entry_id)
            continue
        show = wire.hydrated if body.hydrated else wire.entry
        shown.append(show(entry, platform.store, omit_user=faults.omit_user_ids))
        if not faults.batch_tells_approval:
            del shown[-1]["approvalRequestId"]
    return shown


@router.patch("/time-entries/invoiced")
async def mark_invoiced(
    body: InvoicedBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Response:
    """Sets the flag, so repeating it changes nothing. One unknown id refuses all."""
    entries = [known_entry(platform, workspace, entry_id) for entry_id in body.time_entry_ids]
    for entry in entries:
        if entry.invoiced is body.invoiced:
            continue
        entry.invoiced = body.invoiced
        if platform.faults.api.invoiced_echoes:
            entry.updated_at = platform.now()
            platform.tell_entry("TIME_ENTRY_UPDATED", entry)
        platform.store.entries.put(entry)
    return Response(status_code=200)


@router.get("/time-entries/{entry_id}")
async def get_entry(
    entry_id: str, workspace: CallersWorkspace, platform: PlatformOf, hydrated: bool = False
) -> Json:
    show = wire.hydrated if hydrated else wire.entry
    return show(known_entry(platform, workspace, entry_id), platform.store)


@router.put("/time-entries/{entry_id}")
async def update_entry(
    entry_id: str, body: EntryBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    """Replaces the entry: what the body leaves out is emptied."""
    entry = known_entry(platform, workspace, entry_id)
    _refuse_if_approved(platform, entry)
    _check_references(platform, workspace, body)
    changed = entry.model_copy(
        update=body.model_dump(exclude={"tag_ids"})
        | {"tag_ids": body.tag_ids or [], "updated_at": platform.now()}
    )
    platform.store.entries.put(changed)
    platform.tell_entry("TIME_ENTRY_UPDATED", changed)
    return wire.entry(changed, platform.store)


@router.delete("/time-entries/{entry_id}", status_code=204)
async def delete_entry(
    entry_id: str, workspace: CallersWorkspace, platform: PlatformOf
) -> Response:
    entry = known_entry(platform, workspace, entry_id)
    _refuse_if_approved(platform, entry)
    entry.deleted_at = platform.now()
    platform.store.entries.put(entry)
    platform.tell_entry("TIME_ENTRY_DELETED", entry)
    return Response(status_code=204)


def _create(platform: Platform, workspace: Workspace, user: User, body: EntryBody) -> Json:
    _check_references(platform, workspace, body)
    now = platform.now()
    entry = Entry(
        id=platform.store.new_id(),
        workspace_id=workspace.id,
        user_id=user.id,
        created_at=now,
        updated_at=now,
        **body.model_dump(exclude={"tag_ids"}),
        tag_ids=body.tag_ids or [],
    )
    platform.store.entries.put(entry)
    platform.tell_entry("NEW_TIME_ENTRY" if entry.end else "NEW_TIMER_STARTED", entry)
    return wire.entry(entry, platform.store)


def _check_references(platform: Platform, workspace: Workspace, body: EntryBody) -> None:
    store = platform.store
    if body.end is not None and body.end < body.start:
        raise invalid("Time entry start should be before end")
    project, task = store.projects.get(body.project_id), store.tasks.get(body.task_id)
    if body.project_id and (project is None or project.workspace_id != workspace.id):
        raise not_in_workspace("Project", body.project_id)
    if body.task_id and (task is None or task.project_id != body.project_id):
        raise not_in_workspace("Task", body.task_id)


def _refuse_if_approved(platform: Platform, entry: Entry) -> None:
    if wire.is_locked(entry, platform.store):
        raise invalid("You can't change approved time entries. Withdraw the approval first.")
