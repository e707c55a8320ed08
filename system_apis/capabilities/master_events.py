"""Contract of what products tell when a master changes: thin, and only a hint.

What changed is read again, as a delta; a lost hint is made up for by the next one on schedule.
"""

from typing import Literal

from pydantic import AwareDatetime, Field

from system_apis.capabilities.contract import Contract, ExternalId


class MasterEvent(Contract):
    """One record of one list changed, or was deleted."""

    type: Literal["timepost.master.changed.v1"] = "timepost.master.changed.v1"
    domain: str = Field(min_length=1, max_length=50, description="Name of the list.")
    subject: ExternalId
    change: Literal["CHANGED", "DELETED"] = "CHANGED"
    delivery_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=190,
        description="The platform's own id of this delivery, where it gives one.",
    )
    occurred_at: AwareDatetime | None = None


class ParsedMasterWebhook(Contract):
    """Events read from a delivery; empty if it concerns nothing that Timepost follows."""

    events: list[MasterEvent]
