"""The stand-in's parts in one place, and who is calling."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, TypedDict

from fastapi import Depends, Request

from deploy.sandboxes.clockify import wire
from deploy.sandboxes.clockify.deliveries import Deliveries
from deploy.sandboxes.clockify.errors import ClockifyError, not_in_workspace
from deploy.sandboxes.clockify.faults import Faults
from deploy.sandboxes.clockify.records import Approval, Entry, User, Workspace
from deploy.sandboxes.clockify.store import Store


class CallRecord(TypedDict):
    method: str
    path: str
    query: str
    status: int


@dataclass
class Platform:
    """Store, faults, deliveries and the last calls of one running stand-in."""

    store: Store
    faults: Faults = field(default_factory=Faults)
    calls: deque[CallRecord] = field(default_factory=lambda: deque(maxlen=2000))
    deliveries: Deliveries = field(init=False)

    def __post_init__(self) -> None:
        self.deliveries = Deliveries(self.store, self.faults)

    def now(self) -> datetime:
        return self.store.clock.now()

    def user_of_key(self, api_key: str | None) -> User:
        """The account behind an API key.

        :raises ClockifyError: 401.
        """
        if not api_key:
            message = "Full authentication is required to access this resource"
            raise ClockifyError(401, message, 1000)
        for user in self.store.users.all():
            if user.api_key == api_key and user.active:
                return user
        raise ClockifyError(401, "Api key does not exist", 4003)

    def tell_entry(self, event: str, entry: Entry) -> None:
        """Webhook about an entry."""
        body = wire.webhook_entry(entry, self.store, omit_user=self.faults.api.omit_user_ids)
        self.deliveries.emit(entry.workspace_id, event, entry.id, body)

    def tell_approval(self, event: str, approval: Approval) -> None:
        """Webhook about an approval request."""
        body = wire.webhook_approval(approval, self.store)
        self.deliveries.emit(approval.workspace_id, event, approval.id, body)


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


PlatformOf = Annotated[Platform, Depends(_platform)]


def _caller(request: Request, platform: PlatformOf) -> User:
    return platform.user_of_key(request.headers.get("X-Api-Key"))


Caller = Annotated[User, Depends(_caller)]


def _workspace(workspace_id: str, platform: PlatformOf, caller: Caller) -> Workspace:
    workspace = platform.store.workspaces.get(workspace_id)
    if workspace is None or caller.workspace_id != workspace_id:
        raise ClockifyError(403, "Access Denied", 403)
    return workspace


CallersWorkspace = Annotated[Workspace, Depends(_workspace)]


def known_user(platform: Platform, workspace: Workspace, user_id: str) -> User:
    """A member of the workspace.

    :raises ClockifyError: 400.
    """
    user = platform.store.users.get(user_id)
    if user is None or user.workspace_id != workspace.id:
        raise not_in_workspace("User", user_id)
    return user


def known_entry(platform: Platform, workspace: Workspace, entry_id: str) -> Entry:
    """A time entry that was not deleted.

    :raises ClockifyError: 400.
    """
    entry = platform.store.entry(entry_id)
    if entry is None or entry.workspace_id != workspace.id:
        raise not_in_workspace("TIMEENTRY", entry_id)
    return entry
