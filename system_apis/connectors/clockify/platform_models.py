"""Clockify's own words, as far as this connector reads them. Unknown fields are ignored."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


def _empty_is_none(value: Any) -> Any:
    """Clockify writes "no client" as null in some places and as an empty string in others."""
    return value or None


OptionalId = Annotated[str | None, BeforeValidator(_empty_is_none)]
ListOrNull = BeforeValidator(lambda value: value or [])


class Wire(BaseModel):
    """Camel case on the wire. Values never appear in validation errors: some are confidential."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True, frozen=True
    )


class Named(Wire):
    """A client, a task or a tag."""

    id: str
    name: str | None = None


class Project(Wire):
    id: str
    name: str | None = None
    client_id: OptionalId = None
    client_name: OptionalId = None


class UserSettings(Wire):
    time_zone: str | None = None


class User(Wire):
    """A member of the workspace; people who left stay listed with ``status=ALL``."""

    id: str
    name: str | None = None
    email: OptionalId = None
    settings: UserSettings | None = None


class Workspace(Wire):
    id: str
    name: str | None = None


class TimeInterval(Wire):
    """``end`` is null while the timer runs; ``duration`` is derived and not read."""

    start: AwareDatetime
    end: AwareDatetime | None = None
    time_zone: str | None = None


class Entry(Wire):
    """A time entry as batch reads (hydrated or not) and approval requests give it.

    Inside an approval request there is no ``userId``, and the project stands there whole.
    ``approvalRequestId`` is missing in some answers, and null (not covered) in others.
    """

    id: str
    description: str | None = None
    user_id: OptionalId = None
    billable: bool = False
    type: str | None = None
    time_interval: TimeInterval
    project_id: OptionalId = None
    task_id: OptionalId = None
    tag_ids: Annotated[list[str], ListOrNull] = Field(default_factory=list)
    approval_request_id: OptionalId = None
    project: Project | None = None
    task: Named | None = None
    tags: Annotated[list[Named], ListOrNull] = Field(default_factory=list)

    @property
    def tells_approval(self) -> bool:
        """Whether the answer says which request covers the entry, or that none does."""
        return "approval_request_id" in self.model_fields_set

    @property
    def any_project_id(self) -> str | None:
        return self.project.id if self.project else self.project_id

    @property
    def any_task_id(self) -> str | None:
        return self.task.id if self.task else self.task_id


class DateRange(Wire):
    """From local midnight to the last second, as instants."""

    start: AwareDatetime
    end: AwareDatetime


class ApprovalOwner(Wire):
    user_id: str
    user_name: str | None = None
    time_zone: str | None = None


class ApprovalState(Wire):
    """``updated_by`` is the user who brought the request into ``state``."""

    state: str
    updated_by: OptionalId = None
    updated_by_user_name: str | None = None
    updated_at: AwareDatetime | None = None
    note: str | None = None


class ApprovalRequest(Wire):
    id: str
    date_range: DateRange
    owner: ApprovalOwner
    status: ApprovalState


class ApprovalItem(Wire):
    """An item of the list of approval requests: the request and the entries that it covers."""

    approval_request: ApprovalRequest
    entries: Annotated[list[Entry], ListOrNull] = Field(default_factory=list)


class Changed(Wire):
    """An item of the experimental change feeds; only its id is used."""

    id: str


class Webhook(Wire):
    id: str
    webhook_event: str
    url: str
    auth_token: str | None = Field(default=None, repr=False)
    enabled: bool = True
    delivery_enabled: bool = True


class WebhookList(Wire):
    webhooks: list[Webhook] = Field(default_factory=list)


class WebhookBody(Wire):
    """What every delivery about an entry or an approval request has in common."""

    id: str
    workspace_id: str
    status: ApprovalState | str | None = None


class Made(Wire):
    """A record that was just made."""

    id: str


class NamedClient(Wire):
    """A client with what people may have written about it."""

    id: str
    name: str
    archived: bool = False
    note: OptionalId = None


class NamedProject(Wire):
    """A project with its client."""

    id: str
    name: str
    client_id: OptionalId = None
    archived: bool = False
    billable: bool = True
    note: OptionalId = None


class NamedTask(Wire):
    """A task; it has no place for a note."""

    id: str
    name: str
    status: str = "ACTIVE"
    billable: bool = True
