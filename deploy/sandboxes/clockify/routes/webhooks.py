"""Webhooks: one event each, with a token of their own."""

import secrets

from fastapi import APIRouter, Response
from pydantic import Field

from deploy.sandboxes.clockify import wire
from deploy.sandboxes.clockify.errors import not_in_workspace
from deploy.sandboxes.clockify.platform import Caller, CallersWorkspace, Platform, PlatformOf
from deploy.sandboxes.clockify.records import Webhook, Workspace
from deploy.sandboxes.clockify.routes.masters import Body
from deploy.sandboxes.clockify.wire import Json

router = APIRouter(prefix="/workspaces/{workspace_id}/webhooks")


class WebhookBody(Body):
    name: str
    url: str
    webhook_event: str
    trigger_source_type: str = "WORKSPACE_ID"
    trigger_source: list[str] = Field(default_factory=list)
    enabled: bool = True


@router.get("")
async def list_webhooks(workspace: CallersWorkspace, platform: PlatformOf) -> Json:
    """Not paged; an object around the list, unlike the other lists."""
    return wire.webhook_list(
        webhook for webhook in platform.store.webhooks.all() if webhook.workspace_id == workspace.id
    )


@router.post("", status_code=201)
async def create_webhook(
    body: WebhookBody, caller: Caller, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    store = platform.store
    webhook = Webhook(
        id=store.new_id(),
        workspace_id=workspace.id,
        user_id=caller.id,
        auth_token=secrets.token_urlsafe(24),
        **body.model_dump(),
    )
    return wire.webhook(store.webhooks.put(webhook))


@router.get("/{webhook_id}")
async def get_webhook(webhook_id: str, workspace: CallersWorkspace, platform: PlatformOf) -> Json:
    return wire.webhook(_known(platform, workspace, webhook_id))


@router.put("/{webhook_id}")
async def update_webhook(
    webhook_id: str, body: WebhookBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    """Saving a webhook switches its deliveries on again."""
    webhook = _known(platform, workspace, webhook_id)
    changes = body.model_dump() | {"delivery_enabled": True, "failures_in_a_row": 0}
    return wire.webhook(platform.store.webhooks.put(webhook.model_copy(update=changes)))


@router.patch("/{webhook_id}/token")
async def renew_token(webhook_id: str, workspace: CallersWorkspace, platform: PlatformOf) -> Json:
    webhook = _known(platform, workspace, webhook_id)
    webhook.auth_token = secrets.token_urlsafe(24)
    return wire.webhook(platform.store.webhooks.put(webhook))


@router.delete("/{webhook_id}")
async def delete_webhook(
    webhook_id: str, workspace: CallersWorkspace, platform: PlatformOf
) -> Response:
    platform.store.webhooks.remove(_known(platform, workspace, webhook_id).id)
    return Response(status_code=200)


def _known(platform: Platform, workspace: Workspace, webhook_id: str) -> Webhook:
    webhook = platform.store.webhooks.get(webhook_id)
    if webhook is None or webhook.workspace_id != workspace.id:
        raise not_in_workspace("Webhook", webhook_id)
    return webhook
