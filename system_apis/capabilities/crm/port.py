"""What a connector for a CRM implements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from system_apis.capabilities.crm.schemas import AccountPage, CrmAbilities, EngagementPage


class CrmPort(Protocol):
    """One connection to one CRM. It is only read.

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

    async def check(self) -> Sequence[str]:
        """Try the connection; returns what was found to work, in words, one line each."""
        ...

    async def close(self) -> None: ...
