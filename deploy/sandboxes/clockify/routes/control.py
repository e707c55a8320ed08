"""The control API: not the vendor's. It seeds, misbehaves on demand, and shows what happened."""

from datetime import timedelta

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from deploy.sandboxes.clockify.deliveries import Delivery
from deploy.sandboxes.clockify.faults import ApiFaults, Release, WebhookFaults
from deploy.sandboxes.clockify.firm import Firm, Founded, found
from deploy.sandboxes.clockify.platform import Platform, PlatformOf
from deploy.sandboxes.clockify.records import Entry

router = APIRouter(prefix="/_sandbox")


class Status(BaseModel):
    workspaces: int
    users: int
    projects: int
    time_entries: int
    approval_requests: int
    webhooks: int


class Call(BaseModel):
    """A call to the vendor API."""

    method: str
    path: str
    query: str
    status: int


class Released(BaseModel):
    released: int


@router.get("/status")
async def status(platform: PlatformOf) -> Status:
    store = platform.store
    return Status(
        workspaces=len(tuple(store.workspaces.all())),
        users=len(tuple(store.users.all())),
        projects=len(tuple(store.projects.all())),
        time_entries=sum(entry.deleted_at is None for entry in store.entries.all()),
        approval_requests=len(tuple(store.approvals.all())),
        webhooks=len(tuple(store.webhooks.all())),
    )


@router.post("/reset", status_code=204)
async def reset(platform: PlatformOf) -> None:
    """Forget all data, faults, deliveries and calls."""
    await platform.deliveries.reset()
    platform.faults.reset()
    platform.calls.clear()
    platform.store.forget_everything()


@router.post("/firm")
async def found_firm(firm: Firm, platform: PlatformOf) -> Founded:
    """Create the firm's workspace, or give the ids of the one that is there."""
    return found(platform.store, firm)


@router.get("/faults")
async def show_faults(platform: PlatformOf) -> ApiFaults:
    """What is left of the faults that were asked for."""
    return platform.faults.api


@router.put("/faults")
async def set_faults(faults: ApiFaults, platform: PlatformOf) -> ApiFaults:
    """Replace all settings; ``{}`` behaves well again."""
    platform.faults.api = faults
    return faults


@router.put("/webhook-faults")
async def set_webhook_faults(faults: WebhookFaults, platform: PlatformOf) -> WebhookFaults:
    """Replace all settings; what is held stays held until it is released."""
    platform.faults.webhooks = faults
    return faults


@router.post("/deliveries/release")
async def release(how: Release, platform: PlatformOf) -> Released:
    """Send what was held back, one after another."""
    return Released(released=platform.deliveries.release(how))


@router.post("/deliveries/settle", status_code=204)
async def settle(platform: PlatformOf) -> None:
    """Answers when no delivery or retry is under way any more."""
    await platform.deliveries.settle()


@router.get("/deliveries")
async def deliveries(platform: PlatformOf) -> list[Delivery]:
    return platform.deliveries.log


@router.get("/calls")
async def calls(platform: PlatformOf) -> list[Call]:
    """The last calls to the vendor API, oldest first."""
    return [Call.model_validate(call) for call in platform.calls]


@router.get("/time-entries/{entry_id}")
async def show_entry(entry_id: str, platform: PlatformOf) -> Entry:
    """All that is remembered, such as the invoiced flag, which the vendor API does not tell."""
    return _remembered(platform, entry_id)


@router.post("/time-entries/{entry_id}/restore")
async def restore(entry_id: str, platform: PlatformOf) -> Entry:
    """As a person can within the vendor's application; there is no API for it."""
    entry = _remembered(platform, entry_id)
    entry.deleted_at, entry.updated_at = None, platform.now()
    platform.store.entries.put(entry)
    platform.tell_entry("TIME_ENTRY_RESTORED", entry)
    return entry


@router.post("/time-entries/{entry_id}/split")
async def split(entry_id: str, platform: PlatformOf) -> list[Entry]:
    """Two halves: the entry keeps its id for the first, the second is a new entry."""
    entry = _remembered(platform, entry_id)
    if entry.end is None:
        raise HTTPException(409, "a running timer cannot be split")
    now = platform.now()
    middle = entry.start + timedelta(seconds=int((entry.end - entry.start).total_seconds() // 2))
    second = entry.model_copy(
        update={
            "id": platform.store.new_id(),
            "start": middle,
            "created_at": now,
            "updated_at": now,
        }
    )
    entry.end, entry.updated_at = middle, now
    platform.store.entries.put(entry)
    platform.store.entries.put(second)
    platform.tell_entry("TIME_ENTRY_SPLIT", entry)
    return [entry, second]


def _remembered(platform: Platform, entry_id: str) -> Entry:
    entry = platform.store.entries.get(entry_id)
    if entry is None:
        raise HTTPException(404, "no such entry")
    return entry
