"""A client that we did not write (clockify-python-115) drives the stand-in."""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from clockify.client import ClockifyClient
from clockify.errors import ClockifyAPIError, ClockifyAuthenticationError, ClockifyRateLimitError
from clockify.pagination import Page, iter_all
from fastapi import FastAPI
from pydantic import BaseModel

from deploy.sandboxes.clockify import create_sandbox
from deploy.sandboxes.clockify.firm import Firm, Founded, found
from deploy.sandboxes.clockify.platform import Platform

_START, _END = "2026-11-16T14:00:00Z", "2026-11-16T15:30:00Z"


def _plain(model: BaseModel) -> dict[str, Any]:
    """As it came: the client's models make almost every field optional."""
    return model.model_dump(by_alias=True)


@pytest.fixture
async def app() -> AsyncIterator[FastAPI]:
    running = create_sandbox()
    yield running
    await running.state.platform.deliveries.aclose()


@pytest.fixture
def platform(app: FastAPI) -> Platform:
    running: Platform = app.state.platform
    return running


@pytest.fixture
def firm(platform: Platform, firm_file: Path) -> Founded:
    return found(platform.store, Firm.model_validate(tomllib.loads(firm_file.read_text())))


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The client insists on https and on the vendor's own address: it is handed a transport."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


@pytest.fixture
def vendor(firm: Founded, http: httpx.AsyncClient) -> ClockifyClient:
    return ClockifyClient(api_key=firm.api_key, workspace_id=firm.workspace_id, http_client=http)


async def test_it_reads_people_projects_and_tasks(vendor: ClockifyClient, firm: Founded) -> None:
    users = [_plain(user) for user in await vendor.users.list(status="ALL", include_roles=False)]
    projects = await vendor.projects.list()
    tasks = await vendor.tasks.list(firm.projects["HR-1042"].id)

    assert {user["email"] for user in users} >= {"ada@haldenridge.example"}
    assert {user["settings"]["timeZone"] for user in users} >= {"Australia/Sydney"}
    assert [(p.name, p.client_name) for p in projects] == [
        ("HR-1042 Ledger migration", "Northwater Logistics"),
        ("HR-0001 Practice development", ""),
    ]
    assert [task.name for task in tasks] == ["Build", "Cutover"]


async def test_it_pages_by_the_last_page_header(vendor: ClockifyClient) -> None:
    async def fetch(page: int) -> Page[Any]:
        users = await vendor.users.list(include_roles=False, page=page, page_size=1)
        return Page(items=users, page=page, page_size=1, last_page=None)

    assert len(await iter_all(fetch)) == 4


async def test_it_tracks_changes_and_deletes_time(vendor: ClockifyClient, firm: Founded) -> None:
    user = firm.users["ada@haldenridge.example"].id
    body = {"start": _START, "end": _END, "description": "first", "billable": True}
    made = await vendor.time_entries.create_for_user(user, body)
    changed = await vendor.time_entries.update(made.id, body | {"description": "second"})
    batch = await vendor.time_entries.get_many({"timeEntryIds": [made.id, "f" * 24]})
    await vendor.time_entries.mark_invoiced({"timeEntryIds": [made.id], "invoiced": True})
    listed = await vendor.time_entries.list_for_user(user, hydrated=True)
    await vendor.time_entries.delete(made.id)

    assert made.time_interval.duration == "PT1H30M"
    assert changed.description == "second"
    assert [entry.id for entry in batch] == [entry.id for entry in listed] == [made.id]
    with pytest.raises(ClockifyAPIError) as refusal:
        await vendor.time_entries.get(made.id)
    assert (refusal.value.status_code, refusal.value.api_code) == (400, 501)


async def test_it_submits_and_approves_a_week(vendor: ClockifyClient, firm: Founded) -> None:
    user = firm.users["ada@haldenridge.example"].id
    entry = await vendor.time_entries.create_for_user(user, {"start": _START, "end": _END})
    period = {"periodStart": "2026-11-16T12:00:00Z", "period": "WEEKLY"}
    request = _plain(await vendor.approvals.submit_for_user(user, period))
    await vendor.approvals.update_status(request["id"], {"state": "APPROVED", "note": "fine"})
    item = _plain((await vendor.approvals.list(status="APPROVED"))[0])

    assert request["status"]["state"] == "PENDING"
    assert item["approvalRequest"]["id"] == request["id"]
    assert item["approvalRequest"]["dateRange"] == {
        "start": "2026-11-16T05:00:00Z",
        "end": "2026-11-23T04:59:59Z",
    }
    assert [(e["id"], e["isLocked"], e["approvalRequestId"]) for e in item["entries"]] == [
        (entry.id, True, request["id"])
    ]
    assert item["approvedTime"] == "PT1H30M"


async def test_it_lists_created_entities(vendor: ClockifyClient, firm: Founded) -> None:
    user = firm.users["ada@haldenridge.example"].id
    entry = await vendor.time_entries.create_for_user(user, {"start": _START, "end": _END})
    documents = await vendor.entity_changes.list_created(type=["TIME_ENTRY"], page="0", limit="50")

    assert [(d.id, d.document_code) for d in documents] == [(entry.id, "TIME_ENTRY")]


async def test_it_manages_webhooks(vendor: ClockifyClient, firm: Founded) -> None:
    body = {
        "name": "new entries",
        "url": "https://timepost.example/hook",
        "webhookEvent": "NEW_TIME_ENTRY",
        "triggerSourceType": "WORKSPACE_ID",
        "triggerSource": [firm.workspace_id],
    }
    made = _plain(await vendor.webhooks.create(body))
    renewed = _plain(await vendor.webhooks.rotate_token(made["id"]))
    listed = _plain(await vendor.webhooks.list())
    await vendor.webhooks.delete(made["id"])

    assert made["authToken"] != renewed["authToken"] == listed["webhooks"][0]["authToken"]
    assert (await vendor.webhooks.list()).workspace_webhook_count == 0


async def test_it_recognises_refusals(
    vendor: ClockifyClient, platform: Platform, http: httpx.AsyncClient
) -> None:
    stranger = ClockifyClient(api_key="no-such-key", http_client=http)
    with pytest.raises(ClockifyAuthenticationError) as unknown:
        await stranger.users.me()
    platform.faults.api.rate_limited = 1
    with pytest.raises(ClockifyRateLimitError) as limited:
        await vendor.users.me()

    assert unknown.value.api_code == 4003
    assert limited.value.retry_after == 1
    assert (await vendor.users.me()).name == "Timepost"


async def test_it_makes_and_changes_clients_projects_and_tasks(
    vendor: ClockifyClient, firm: Founded
) -> None:
    client = await vendor.clients.create({"name": "Alder Bank", "note": "ours"})
    with pytest.raises(ClockifyAPIError, match="already exists"):
        await vendor.clients.create({"name": "Alder Bank"})
    body = {"name": "HR-9001 Audit", "clientId": client.id, "isPublic": True}
    project = await vendor.projects.create(body)
    with pytest.raises(ClockifyAPIError, match="HR-9001 Audit project for client Alder Bank"):
        await vendor.projects.create(body)
    changed = await vendor.projects.update(project.id, {**body, "archived": True})
    assert _plain(changed)["archived"] is True
    task = await vendor.tasks.create(project.id, {"name": "Fieldwork"})
    done = await vendor.tasks.update(project.id, task.id, {"name": "Fieldwork", "status": "DONE"})
    assert _plain(done)["status"] == "DONE"
    renamed = await vendor.clients.update(client.id, {"name": "Alder Bank AG"})
    assert _plain(await vendor.clients.get(client.id))["name"] == _plain(renamed)["name"]
