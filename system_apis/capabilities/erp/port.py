"""What a connector for an ERP implements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from system_apis.capabilities.erp.schemas import (
    ClientPage,
    ErpAbilities,
    LegalEntityPage,
    LookupItem,
    LookupResult,
    PeriodPage,
    PostingOutcome,
    PostingRequest,
    ProjectPage,
    ReadResult,
    TaskPage,
    WorkerPage,
)


class ErpPort(Protocol):
    """One connection to one ERP.

    Reading methods raise `shared.problems`: `UpstreamUnavailable` or `TooManyRequests` when the
    ERP does not answer or throttles, `UpstreamRefused` when it refuses our credentials.
    """

    async def abilities(self) -> ErpAbilities: ...

    async def post(
        self, items: Sequence[PostingRequest], deadline: datetime
    ) -> Sequence[PostingOutcome]:
        """Post, delete or update each item; one outcome per item, in order.

        Never raises for what the ERP said or failed to say: that stands in the outcomes. A call
        that was sent and not answered is `in_doubt`, and is not sent again here. Nothing is
        started after ``deadline``: such items come back as `retry`. An operation that the
        abilities do not name is `rejected`.
        """
        ...

    async def look_up(self, items: Sequence[LookupItem]) -> LookupResult: ...

    async def read_lines(self, external_ids: Sequence[str]) -> ReadResult:
        """Lines by the ERP's ids, with whether an invoice holds them."""
        ...

    async def legal_entities(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> LegalEntityPage: ...

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> WorkerPage: ...

    async def clients(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ClientPage: ...

    async def projects(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ProjectPage: ...

    async def tasks(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> TaskPage: ...

    async def periods(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> PeriodPage: ...

    async def check(self) -> Sequence[str]:
        """Try the connection; returns what was found to work, in words, one line each."""
        ...

    async def close(self) -> None: ...
