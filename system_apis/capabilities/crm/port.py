"""What a connector for a CRM implements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from system_apis.capabilities.crm.schemas import AccountPage, CrmAbilities, EngagementPage
from system_apis.capabilities.master_events import MasterEvent


class CrmPort(Protocol):
    """One connection to one CRM. It is read; what its `repairs` name can be written, too
    (`Repairer`).

    Methods raise `shared.problems`: `UpstreamUnavailable` or `TooManyRequests` when the product
    does not answer or throttles, `UpstreamRefused` when it refuses our credentials.

    One row that makes no sense ends no listing: it is told as faulty.
    """

    def abilities(self) -> CrmAbilities: ...

    async def accounts(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AccountPage: ...

    async def engagements(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> EngagementPage: ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check the delivery's proof over the raw body.

        :raises shared.problems.Unauthenticated: unsigned, wrongly signed or stale.
        """
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[MasterEvent]:
        """Events of a verified delivery. Pure: no call to the product.

        :raises UnreadableWebhook: the body cannot be understood.
        """
        ...

    async def check(self) -> Sequence[str]:
        """Try the connection; returns what was found to work, in words, one line each."""
        ...

    async def close(self) -> None: ...
