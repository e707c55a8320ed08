"""Wire contract of `intake` v1: CloudEvents in, a receipt out; and the quarantine."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from process_apis.processes.intake.tables import QuarantineStatus
from process_apis.texts import Storable
from process_apis.upstream.time_tracking import TimeEntry

Connection = Annotated[str, Field(pattern=r"^/connections/[a-z0-9][a-z0-9-]{0,62}$")]


class CloudEvent(BaseModel):
    """CloudEvents 1.0 in structured mode, with the members that every event of ours has."""

    model_config = ConfigDict(extra="ignore")

    specversion: Literal["1.0"]
    id: Storable = Field(min_length=1, max_length=200)
    source: Connection
    time: AwareDatetime | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: Storable | None = Field(default=None, max_length=100)
    deliveryid: Storable | None = Field(
        default=None, max_length=200, description="The platform's own id of the delivery."
    )

    @property
    def connection(self) -> str:
        """Name of the connection that the event comes from."""
        return self.source.removeprefix("/connections/")


class EntryChangedData(BaseModel):
    """`entry` is given where the platform sends whole entries; otherwise it is read again."""

    change: Literal["CHANGED", "DELETED"]
    entry: TimeEntry | None = None
    final: bool = Field(
        default=False,
        description="The event is the last word, a deletion too: nothing can be read again.",
    )
    bulk: bool = Field(
        default=False, description="One of many from a file: its hours are posted after others."
    )


class EntryChanged(CloudEvent):
    """A time entry was created, changed or deleted."""

    type: Literal["timepost.time_entry.changed.v1"]
    subject: Storable = Field(min_length=1, max_length=200)
    data: EntryChangedData


class ApprovalChanged(CloudEvent):
    """An approval request was submitted or decided."""

    type: Literal["timepost.approval.changed.v1"]
    subject: Storable = Field(min_length=1, max_length=200)
    data: dict[str, Any] = Field(default_factory=dict)


class MasterChangedData(BaseModel):
    """Which list of the product it stands in."""

    domain: Storable = Field(min_length=1, max_length=50)
    change: Literal["CHANGED", "DELETED"]


class MasterChanged(CloudEvent):
    """A worker, account or the like changed: a hint that the next delta tells as well."""

    type: Literal["timepost.master.changed.v1"]
    subject: Storable = Field(min_length=1, max_length=200)
    data: MasterChangedData


class UnreadableData(BaseModel):
    """A delivery that proved its sender but could not be read."""

    headers: dict[str, Storable]
    body_base64: Base64Bytes
    reason: Storable = Field(max_length=500)


class WebhookUnreadable(CloudEvent):
    """To be kept, and replayed when the connector can read it."""

    type: Literal["timepost.webhook.unreadable.v1"]
    data: UnreadableData


Event = Annotated[
    EntryChanged | ApprovalChanged | MasterChanged | WebhookUnreadable, Field(discriminator="type")
]
EventBatch = Annotated[list[Event], Field(min_length=1, max_length=500)]


class Receipt(BaseModel):
    """Both kinds are committed; a duplicate had nothing to add."""

    accepted: int
    duplicates: int


class Quarantined(BaseModel):
    """A kept delivery. Its body is never shown: it may hold narrative text."""

    id: UUID
    connection: str
    reason: str
    size: int = Field(description="Bytes.")
    status: QuarantineStatus
    received_at: datetime
    replayed_at: datetime | None
    replayed_by: str | None


class QuarantinePage(BaseModel):
    """Newest first."""

    deliveries: list[Quarantined]


class ReplayResult(BaseModel):
    """What the delivery turned out to mean."""

    delivery: Quarantined
    events: int
