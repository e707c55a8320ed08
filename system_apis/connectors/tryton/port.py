"""The ERP capability for one Tryton database."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import TypeVar

from shared.problems import UpstreamRefused
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.erp.schemas import (
    ClientPage,
    ErpAbilities,
    Idempotency,
    LegalEntityPage,
    LookupItem,
    LookupResult,
    PeriodPage,
    PostingOutcome,
    PostingRequest,
    ProjectPage,
    ReadResult,
    ReversalMode,
    TaskPage,
    WorkerPage,
)
from system_apis.capabilities.repairing import repair_records
from system_apis.capabilities.repairs import RepairMade, RepairToMake
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.companies import ServedCompanies
from system_apis.connectors.tryton.ledger import TrytonLedger
from system_apis.connectors.tryton.mapping import tryton_id
from system_apis.connectors.tryton.masters import TrytonMasters
from system_apis.connectors.tryton.posting import TrytonPosting
from system_apis.connectors.tryton.refusals import TrytonRefusal, explain
from system_apis.connectors.tryton.repairing import REPAIRS, TrytonRecords
from system_apis.connectors.tryton.settings import TrytonSettings

Answer = TypeVar("Answer")

# Few enough that a request is answered within seconds, enough that its reads are worth it.
_BATCHES_PER_REQUEST = 2
_LARGEST_REQUEST = 200


class TrytonErp:
    """Implements `ErpPort` over JSON-RPC; one session and one connection pool per connection."""

    def __init__(self, settings: TrytonSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._clock = context.clock
        self._name = context.name
        self._client = TrytonClient(settings, context.http, context.clock)
        self._ledger = TrytonLedger(self._client, settings)
        self._companies = ServedCompanies(
            self._client, context.legal_entities, settings.company_ids
        )
        self._posting = TrytonPosting(
            self._client, self._ledger, self._companies, settings.batch_size
        )
        self._masters = TrytonMasters(self._client, self._ledger, self._companies, settings)

    async def abilities(self) -> ErpAbilities:
        features = await self._reading(self._ledger.features())
        by_uuid = features.uuid_is_writable
        return ErpAbilities(
            idempotency=Idempotency.NATIVE_REJECT if by_uuid else Idempotency.MARKER_SEARCH,
            atomic_batch=True,
            max_batch=min(_LARGEST_REQUEST, _BATCHES_PER_REQUEST * self._settings.batch_size),
            readback=True,
            lookup=True,
            reversal_modes=[ReversalMode.DELETE_UNINVOICED],
            negative_quantity=False,
            settle_seconds=self._settings.settle_seconds,
            repairs=REPAIRS,
        )

    async def post(
        self, items: Sequence[PostingRequest], deadline: datetime
    ) -> Sequence[PostingOutcome]:
        return await self._posting.post(items, deadline)

    async def look_up(self, items: Sequence[LookupItem]) -> LookupResult:
        lines = await self._reading(self._ledger.by_keys(items, thorough=True))
        found = {line.posting_key for line in lines}
        missing = [item.posting_key for item in items if item.posting_key not in found]
        return LookupResult(lines=lines, missing=missing)

    async def read_lines(self, external_ids: Sequence[str]) -> ReadResult:
        numbers = {each: tryton_id(each) for each in external_ids}
        wanted = [number for number in numbers.values() if number is not None]
        lines = await self._reading(self._ledger.with_invoices(wanted))
        return ReadResult(
            lines=list(lines.values()),
            missing=[each for each, number in numbers.items() if number not in lines],
        )

    async def legal_entities(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> LegalEntityPage:
        del changed_since  # they are few: always all of them
        return await self._reading(self._masters.legal_entities(cursor, limit))

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> WorkerPage:
        return await self._reading(self._masters.workers(cursor, limit, changed_since))

    async def clients(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ClientPage:
        return await self._reading(self._masters.clients(cursor, limit, changed_since))

    async def projects(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ProjectPage:
        return await self._reading(self._masters.projects(cursor, limit, changed_since))

    async def tasks(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> TaskPage:
        return await self._reading(self._masters.tasks(cursor, limit, changed_since))

    async def periods(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> PeriodPage:
        return await self._reading(self._masters.periods(cursor, limit, changed_since))

    async def repair(
        self, items: Sequence[RepairToMake], deadline: datetime
    ) -> Sequence[RepairMade]:
        records = TrytonRecords(self._client, self._companies)
        return await self._reading(repair_records(records, items, deadline, self._clock))

    async def check(self) -> Sequence[str]:
        version = await self._reading(self._client.version())
        companies = await self._reading(self._companies.by_code())
        features = await self._reading(self._ledger.features())
        key = "its uuid (native)" if features.uuid_is_writable else "a marker in its description"
        return [
            f"Tryton {version or 'of an unknown series'} answers at {self._settings.base_url}.",
            f"User {self._settings.user} is logged in to {self._settings.database}.",
            f"Companies served: {', '.join(sorted(companies))}.",
            f"A line carries our posting key as {key}.",
        ]

    async def close(self) -> None:
        await self._client.close()

    async def _reading(self, call: Awaitable[Answer]) -> Answer:
        """Tryton refusing a read is not about the data: a right or a module is missing."""
        try:
            return await call
        except TrytonRefusal as refusal:
            error = explain(refusal)
            raise UpstreamRefused(
                f"{self._name}: Tryton refused to show something: {error.vendor_message}",
                code="tryton_read_refused",
                action="Give the connection's user the rights in the connector's README.",
            ) from None
