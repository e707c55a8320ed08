"""What the stand-in remembers. Field names are Clockify's, in snake case."""

from datetime import datetime

from pydantic import BaseModel, Field


class Record(BaseModel):
    """Something with an identifier that is kept in the store."""

    id: str


class Workspace(Record):
    name: str
    approval_period: str = "WEEKLY"


class User(Record):
    workspace_id: str
    name: str
    email: str
    time_zone: str
    api_key: str
    week_start: str = "MONDAY"
    admin: bool = False
    active: bool = True


class Client(Record):
    workspace_id: str
    name: str
    archived: bool = False
    note: str | None = None


class Project(Record):
    workspace_id: str
    name: str
    client_id: str | None = None
    billable: bool = True
    archived: bool = False
    note: str = ""


class Task(Record):
    workspace_id: str
    project_id: str
    name: str
    status: str = "ACTIVE"
    billable: bool = True


class Tag(Record):
    workspace_id: str
    name: str
    archived: bool = False


class Entry(Record):
    """A time entry; the last four fields never show on the wire as they stand."""

    workspace_id: str
    user_id: str
    description: str = ""
    project_id: str | None = None
    task_id: str | None = None
    tag_ids: list[str] = Field(default_factory=list)
    billable: bool = True
    type: str = "REGULAR"
    start: datetime
    end: datetime | None = None
    approval_request_id: str | None = None
    invoiced: bool = False
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


class Approval(Record):
    """An approval request. ``entry_ids`` stay after a rejection or withdrawal."""

    workspace_id: str
    owner_id: str
    creator_id: str
    start: datetime
    end: datetime
    state: str = "PENDING"
    note: str = ""
    updated_by: str
    updated_at: datetime
    entry_ids: list[str] = Field(default_factory=list)


class Webhook(Record):
    workspace_id: str
    user_id: str
    name: str
    url: str
    webhook_event: str
    trigger_source_type: str = "WORKSPACE_ID"
    trigger_source: list[str] = Field(default_factory=list)
    auth_token: str
    enabled: bool = True
    delivery_enabled: bool = True
    failures_in_a_row: int = 0
