"""The ERP capability for one HTTP and JSON interface."""

import json
from collections.abc import Sequence
from datetime import datetime

from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.erp.schemas import (
    AccountingPeriod,
    Client,
    ClientPage,
    ErpAbilities,
    Idempotency,
    LegalEntityPage,
    LookupItem,
    LookupResult,
    Operation,
    OutcomeStatus,
    PeriodPage,
    PostingOutcome,
    PostingRequest,
    Project,
    ProjectPage,
    ReadResult,
    Task,
    TaskPage,
    Worker,
    WorkerPage,
)
from system_apis.connectors.http_json.batches import BatchRun
from system_apis.connectors.http_json.client import ErpClient, encoded
from system_apis.connectors.http_json.expressions import Expression
from system_apis.connectors.http_json.lookups import LineFinder
from system_apis.connectors.http_json.mapping import SAMPLE, body_of
from system_apis.connectors.http_json.masters import Masters
from system_apis.connectors.http_json.posting import PostingRun
from system_apis.connectors.http_json.redaction import Redactor
from system_apis.connectors.http_json.refusals import Catalogue, Rule
from system_apis.connectors.http_json.sections import MODELS
from system_apis.connectors.http_json.settings import HttpJsonSettings
from system_apis.connectors.http_json.taking_back import TakingBackRun

_FEW = 5
_NOBODYS_KEY = "0" * 64


class HttpJsonErp:
    """Implements `ErpPort` by configuration alone."""

    def __init__(self, settings: HttpJsonSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._name = context.name
        self._served = context.legal_entities
        self._client = ErpClient(settings, context.http, context.clock)
        self._finder = LineFinder(self._client, settings.lookup, settings.reading)
        self._masters = Masters(self._client, settings, context.legal_entities)
        self._catalogue = _catalogue(settings, settings.posting.accepted)
        batch = settings.batch
        self._within = _catalogue(settings, batch.accepted if batch else None)
        deleting, updating = settings.deleting, settings.updating
        self._taking_back = {
            Operation.DELETE: _catalogue(settings, deleting.accepted if deleting else None),
            Operation.UPDATE: _catalogue(settings, updating.accepted if updating else None),
        }

    async def abilities(self) -> ErpAbilities:
        settings = self._settings
        return ErpAbilities(
            idempotency=Idempotency(settings.idempotency),
            atomic_batch=settings.batch is not None and settings.batch.atomic,
            max_batch=settings.max_batch,
            readback=settings.reading is not None,
            lookup=settings.lookup is not None,
            reversal_modes=settings.reversal_modes,
            negative_quantity=settings.negative_quantity,
            settle_seconds=settings.settle_seconds,
            max_concurrent_batches=settings.batches_at_a_time,
            postings_per_second=settings.postings_per_second,
        )

    async def post(
        self, items: Sequence[PostingRequest], deadline: datetime
    ) -> Sequence[PostingOutcome]:
        adding = [item for item in items if item.operation is Operation.POST]
        if len(adding) == len(items):
            return await self._run(deadline).post(items)
        outcomes = await self._run(deadline).post(adding) if adding else []
        for operation, catalogue in self._taking_back.items():
            chosen = [item for item in items if item.operation is operation]
            if chosen:
                run = TakingBackRun(self._client, self._finder, catalogue, self._settings, deadline)
                outcomes += await run.post(chosen)
        said = {outcome.posting_key: outcome for outcome in outcomes}
        return [said[item.posting_key] for item in items]

    async def look_up(self, items: Sequence[LookupItem]) -> LookupResult:
        return await self._finder.by_keys(items)

    async def read_lines(self, external_ids: Sequence[str]) -> ReadResult:
        return await self._finder.by_ids(external_ids)

    async def legal_entities(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> LegalEntityPage:
        del changed_since  # they are few: always all of them
        page = await self._masters.legal_entities(cursor, limit)
        return LegalEntityPage(items=page.items, next_cursor=page.next_cursor)

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> WorkerPage:
        page = await self._masters.page("workers", Worker, cursor, limit, changed_since)
        return WorkerPage(items=page.items, next_cursor=page.next_cursor)

    async def clients(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ClientPage:
        page = await self._masters.page("clients", Client, cursor, limit, changed_since)
        return ClientPage(items=page.items, next_cursor=page.next_cursor)

    async def projects(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ProjectPage:
        page = await self._masters.page("projects", Project, cursor, limit, changed_since)
        return ProjectPage(items=page.items, next_cursor=page.next_cursor)

    async def tasks(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> TaskPage:
        page = await self._masters.page("tasks", Task, cursor, limit, changed_since)
        return TaskPage(items=page.items, next_cursor=page.next_cursor)

    async def periods(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> PeriodPage:
        page = await self._masters.page("periods", AccountingPeriod, cursor, limit, changed_since)
        return PeriodPage(items=page.items, next_cursor=page.next_cursor)

    async def check(self) -> Sequence[str]:
        """Reads a little of every list and looks for a key that nobody has; posts nothing."""
        posting = self._settings.posting
        sample = json.dumps(body_of(posting.fields, SAMPLE), ensure_ascii=False)
        lines = [f"a posting would be {posting.method} {posting.path} {sample}"]
        for domain in self._settings.masters:
            page = await self._masters.page(domain, MODELS[domain], None, _FEW, None)
            lines.append(f"{domain}: {len(page.items)} read")
        entities = await self._masters.legal_entities(None, 500)
        missing = sorted(set(self._served) - {entity.code for entity in entities.items})
        if missing:
            lines.append(f"no company has the code {', '.join(missing)}")
        if self._settings.lookup is not None:
            found = await self._finder.by_keys([LookupItem(posting_key=_NOBODYS_KEY)])
            lines.append(f"look-up works: {len(found.lines)} lines for a key that nobody has")
        elif not self._settings.masters:
            lines.append("nothing to read is configured, so the ERP was not called")
        return lines

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    def _run(self, deadline: datetime) -> PostingRun:
        given = (self._client, self._finder, self._catalogue, self._settings, deadline)
        if self._settings.batch is None:
            return PostingRun(*given)
        return BatchRun(*given, batch=self._settings.batch, within=self._within)


def _catalogue(settings: HttpJsonSettings, accepted: Expression | None) -> Catalogue:
    refusals, proof = settings.refusals, settings.authentication
    secrets = proof.secrets
    if proof.password is not None:
        secrets.append(encoded(proof.user or "", proof.password.get_secret_value()))
    rules = [
        Rule(
            frozenset(rule.status),
            rule.when,
            rule.error_class,
            OutcomeStatus(rule.outcome) if rule.outcome else None,
        )
        for rule in refusals.rules
    ]
    return Catalogue(
        rules,
        Redactor(secrets),
        accepted=accepted,
        code=refusals.code,
        message=refusals.message,
    )
