"""Records as the vendor's API and webhooks show them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from deploy.sandboxes.clockify.records import (
    Approval,
    Client,
    Entry,
    Project,
    Tag,
    Task,
    User,
    Webhook,
    Workspace,
)
from deploy.sandboxes.clockify.store import Store

Json = dict[str, Any]


def instant(moment: datetime) -> str:
    """Whole seconds in UTC: ``2026-11-20T09:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)


def duration(seconds: float) -> str:
    """ISO 8601: ``PT1H30M``; nothing at all is ``PT0S``."""
    total = int(seconds)
    hours, minutes, rest = total // 3600, total % 3600 // 60, total % 60
    parts = [(hours, "H"), (minutes, "M"), (rest, "S")]
    return "PT" + ("".join(f"{n}{unit}" for n, unit in parts if n) or "0S")


def seconds_of(entry: Entry) -> float:
    return 0 if entry.end is None else (entry.end - entry.start).total_seconds()


def workspace(record: Workspace) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "hourlyRate": {"amount": 0, "currency": "USD"},
        "memberships": [],
        "workspaceSettings": {"timeRoundingInReports": False, "lockTimeEntries": None},
        "features": ["APPROVAL", "TIME_TRACKING"],
        "featureSubscriptionType": "PRO",
    }


def user(record: User) -> Json:
    return {
        "id": record.id,
        "email": record.email,
        "name": record.name,
        "memberships": [],
        "profilePicture": "https://img.clockify.me/no-user-image.png",
        "activeWorkspace": record.workspace_id,
        "defaultWorkspace": record.workspace_id,
        "settings": {
            "weekStart": record.week_start,
            "timeZone": record.time_zone,
            "timeFormat": "HOUR24",
            "dateFormat": "YYYY-MM-DD",
        },
        "status": "ACTIVE",
        "customFields": [],
    }


def client(record: Client) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "email": None,
        "workspaceId": record.workspace_id,
        "archived": record.archived,
        "address": None,
        "note": record.note,
        "ccEmails": None,
        "currencyId": None,
        "currencyCode": "USD",
    }


def project(record: Project, store: Store) -> Json:
    of_client = store.clients.get(record.client_id)
    return {
        "id": record.id,
        "name": record.name,
        "hourlyRate": None,
        "costRate": None,
        "clientId": record.client_id or "",
        "clientName": of_client.name if of_client else "",
        "workspaceId": record.workspace_id,
        "billable": record.billable,
        "memberships": [],
        "color": "#795548",
        "estimate": {"estimate": "PT0S", "type": "AUTO"},
        "archived": record.archived,
        "duration": "PT0S",
        "note": record.note,
        "public": True,
        "template": False,
    }


def task(record: Task) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "projectId": record.project_id,
        "assigneeIds": [],
        "assigneeId": None,
        "userGroupIds": [],
        "estimate": "PT0S",
        "status": record.status,
        "duration": "PT0S",
        "billable": record.billable,
        "hourlyRate": None,
        "costRate": None,
    }


def tag(record: Tag) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "workspaceId": record.workspace_id,
        "archived": record.archived,
    }


def is_locked(entry: Entry, store: Store) -> bool:
    covering = store.approvals.get(entry.approval_request_id)
    return covering is not None and covering.state == "APPROVED"


def entry(record: Entry, store: Store, *, omit_user: bool = False) -> Json:
    """A time entry with ids only."""
    return {
        "id": record.id,
        "description": record.description,
        "tagIds": list(record.tag_ids),
        "userId": None if omit_user else record.user_id,
        "billable": record.billable,
        "taskId": record.task_id,
        "projectId": record.project_id,
        "workspaceId": record.workspace_id,
        "timeInterval": {
            "start": instant(record.start),
            "end": instant_or_none(record.end),
            "duration": None if record.end is None else duration(seconds_of(record)),
        },
        "customFieldValues": [],
        "type": record.type,
        "kioskId": None,
        "hourlyRate": None,
        "costRate": None,
        "isLocked": is_locked(record, store),
        "approvalRequestId": record.approval_request_id,
    }


def hydrated(record: Entry, store: Store, *, omit_user: bool = False) -> Json:
    """The same with the project, the task, the tags and the user inside."""
    of_project = store.projects.get(record.project_id)
    of_task = store.tasks.get(record.task_id)
    of_user = store.users.get(record.user_id)
    return entry(record, store, omit_user=omit_user) | {
        "project": project(of_project, store) if of_project else None,
        "task": task(of_task) if of_task else None,
        "tags": [tag(found) for tag_id in record.tag_ids if (found := store.tags.get(tag_id))],
        "user": {"id": of_user.id, "name": of_user.name, "status": "ACTIVE"} if of_user else None,
    }


def webhook_entry(record: Entry, store: Store, *, omit_user: bool = False) -> Json:
    """The hydrated entry without what recorded deliveries do not have."""
    body = hydrated(record, store, omit_user=omit_user)
    for absent in ("approvalRequestId", "kioskId", "type"):
        del body[absent]
    return body


def approval(record: Approval, store: Store, *, time_zone_key: str = "timeZone") -> Json:
    """An approval request. REST says ``timeZone``, webhooks say ``timezone``."""
    owner, creator = store.users.get(record.owner_id), store.users.get(record.creator_id)
    decided_by = store.users.get(record.updated_by)
    return {
        "id": record.id,
        "workspaceId": record.workspace_id,
        "dateRange": {"start": instant(record.start), "end": instant(record.end)},
        "owner": {
            "userId": record.owner_id,
            "userName": owner.name if owner else "",
            time_zone_key: owner.time_zone if owner else "UTC",
            "startOfWeek": owner.week_start if owner else "MONDAY",
        },
        "status": {
            "state": record.state,
            "updatedBy": record.updated_by,
            "updatedByUserName": decided_by.name if decided_by else "",
            "updatedAt": instant(record.updated_at),
            "note": record.note,
        },
        "creator": {
            "userId": record.creator_id,
            "userName": creator.name if creator else "",
            "userEmail": creator.email if creator else "",
        },
        "type": "TIMESHEET",
    }


def webhook_approval(record: Approval, store: Store) -> Json:
    """Without entries, creator and type, as recorded."""
    body = approval(record, store, time_zone_key="timezone")
    del body["creator"], body["type"]
    return body


def approval_item(record: Approval, store: Store) -> Json:
    """An item of the list: the request, its totals and its entries."""
    covered = [found for entry_id in record.entry_ids if (found := store.entry(entry_id))]
    tracked = sum(map(seconds_of, covered))
    approved = tracked if record.state == "APPROVED" else 0
    return {
        "approvalRequest": approval(record, store),
        "entries": [_covered_entry(found, store) for found in covered],
        "expenses": [],
        "approvedTime": duration(approved),
        "pendingTime": duration(tracked if record.state == "PENDING" else 0),
        "trackedTime": duration(tracked),
        "billableTime": duration(sum(seconds_of(found) for found in covered if found.billable)),
        "breakTime": "PT0S",
        "billableAmount": 0.0,
        "costAmount": 0.0,
        "expenseTotal": 0.0,
    }


def _covered_entry(record: Entry, store: Store) -> Json:
    """Entries inside an approval request name their project, not their user."""
    of_project, of_task = store.projects.get(record.project_id), store.tasks.get(record.task_id)
    of_client = store.clients.get(of_project.client_id) if of_project else None
    owner = store.users.get(record.user_id)
    flat = entry(record, store)
    flat["timeInterval"]["timeZone"] = owner.time_zone if owner else "UTC"
    for absent in ("userId", "projectId", "taskId", "tagIds", "workspaceId", "kioskId"):
        del flat[absent]
    return flat | {
        "project": None
        if of_project is None
        else {
            "id": of_project.id,
            "name": of_project.name,
            "clientId": of_project.client_id or "",
            "clientName": of_client.name if of_client else "",
            "color": "#795548",
        },
        "task": None if of_task is None else {"id": of_task.id, "name": of_task.name},
        "tags": [tag(found) for tag_id in record.tag_ids if (found := store.tags.get(tag_id))],
    }


def webhook(record: Webhook) -> Json:
    return {
        "id": record.id,
        "userId": record.user_id,
        "workspaceId": record.workspace_id,
        "name": record.name,
        "url": record.url,
        "webhookEvent": record.webhook_event,
        "triggerSourceType": record.trigger_source_type,
        "triggerSource": list(record.trigger_source),
        "authToken": record.auth_token,
        "enabled": record.enabled,
        "deliveryEnabled": record.delivery_enabled,
        "planEnabled": True,
    }


def webhook_list(records: Iterable[Webhook]) -> Json:
    listed = [webhook(record) for record in records]
    return {"webhooks": listed, "workspaceWebhookCount": len(listed)}
