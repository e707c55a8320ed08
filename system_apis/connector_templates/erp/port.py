"""Nameless as an ERP of Timepost."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from shared.http_client import NotSent
from shared.problems import TimepostProblem, TooManyRequests
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.erp.schemas import (
    ClientPage,
    ErpAbilities,
    ErpError,
    ErrorClass,
    Idempotency,
    LegalEntityPage,
    LookupItem,
    LookupResult,
    OutcomeStatus,
    PeriodPage,
    PostingOutcome,
    PostingRequest,
    ProjectPage,
    ReadResult,
    TaskPage,
    WorkerPage,
)
from system_apis.connector_templates.erp import mapping
from system_apis.connector_templates.erp import platform_models as theirs
from system_apis.connector_templates.erp.client import (
    CredentialsRefused,
    NamelessClient,
    RequestRefused,
)
from system_apis.connector_templates.erp.settings import NamelessSettings

_BATCH = 50

# Answers that prove that no line was written; any other may have come after one.
_NOTHING_DONE: tuple[tuple[type[TimepostProblem], OutcomeStatus, ErrorClass], ...] = (
    (NotSent, OutcomeStatus.RETRY, ErrorClass.UNAVAILABLE),
    (TooManyRequests, OutcomeStatus.RETRY, ErrorClass.THROTTLED),
    (CredentialsRefused, OutcomeStatus.RETRY, ErrorClass.AUTH),
    (RequestRefused, OutcomeStatus.REJECTED, ErrorClass.REJECTED),
)

W = TypeVar("W", bound=theirs.Wire)
M = TypeVar("M")


class NamelessErp:
    """One account; implements ``ErpPort``."""

    def __init__(self, settings: NamelessSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._clock = context.clock
        self._client = NamelessClient(context.http, settings)

    async def abilities(self) -> ErpAbilities:
        return ErpAbilities(
            idempotency=Idempotency.MARKER_SEARCH,
            atomic_batch=False,
            max_batch=_BATCH,
            readback=True,
            lookup=True,
            reversal_modes=[],
            negative_quantity=False,
            settle_seconds=self._settings.settle_seconds,
        )

    async def post(
        self, items: Sequence[PostingRequest], deadline: datetime
    ) -> Sequence[PostingOutcome]:
        return [await self._post(item, deadline) for item in items]

    async def look_up(self, items: Sequence[LookupItem]) -> LookupResult:
        found = LookupResult(lines=[], missing=[])
        for item in items:
            lines = await self._client.lines_with_key(item.posting_key)
            found.lines += [mapping.to_posted_line(line) for line in lines]
            found.missing += [] if lines else [item.posting_key]
        return found

    async def read_lines(self, external_ids: Sequence[str]) -> ReadResult:
        lines = [
            mapping.to_posted_line(line) for line in await self._client.lines(list(external_ids))
        ]
        there = {line.external_id for line in lines}
        return ReadResult(lines=lines, missing=[i for i in external_ids if i not in there])

    async def legal_entities(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> LegalEntityPage:
        items, onward = await self._page(
            theirs.Company, mapping.to_legal_entity, cursor, limit, changed_since
        )
        return LegalEntityPage(items=items, next_cursor=onward)

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> WorkerPage:
        items, onward = await self._page(
            theirs.Employee, mapping.to_worker, cursor, limit, changed_since
        )
        return WorkerPage(items=items, next_cursor=onward)

    async def clients(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ClientPage:
        items, onward = await self._page(
            theirs.Customer, mapping.to_client, cursor, limit, changed_since
        )
        return ClientPage(items=items, next_cursor=onward)

    async def projects(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ProjectPage:
        items, onward = await self._page(
            theirs.Project, mapping.to_project, cursor, limit, changed_since
        )
        return ProjectPage(items=items, next_cursor=onward)

    async def tasks(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> TaskPage:
        items, onward = await self._page(theirs.Task, mapping.to_task, cursor, limit, changed_since)
        return TaskPage(items=items, next_cursor=onward)

    async def periods(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> PeriodPage:
        items, onward = await self._page(
            theirs.Period, mapping.to_period, cursor, limit, changed_since
        )
        return PeriodPage(items=items, next_cursor=onward)

    async def check(self) -> Sequence[str]:
        return [f"signed in as {await self._client.account()}"]

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    async def _post(self, item: PostingRequest, deadline: datetime) -> PostingOutcome:
        """One line. What was answered in a way that proves nothing may have happened: such a call
        is in doubt, and is looked up by its key before anything is sent again."""
        key = item.posting_key
        if self._clock.now() >= deadline:
            late = "The time for this batch was over."
            return _outcome(key, OutcomeStatus.RETRY, ErrorClass.UNAVAILABLE, late)
        try:
            line = await self._client.create_line(mapping.to_line(item))
        except TimepostProblem as problem:
            status, error_class = _meaning_of(problem)
            return _outcome(key, status, error_class, problem.detail)
        posted = mapping.to_posted_line(line)
        return PostingOutcome(posting_key=key, status=OutcomeStatus.POSTED, line=posted)

    async def _page(
        self,
        kind: type[W],
        read: Callable[[W], M],
        cursor: str | None,
        limit: int,
        changed_since: datetime | None,
    ) -> tuple[list[M], str | None]:
        rows, onward = await self._client.page(kind, cursor, limit, changed_since)
        return [read(row) for row in rows], onward


def _meaning_of(problem: TimepostProblem) -> tuple[OutcomeStatus, ErrorClass]:
    for kind, status, error_class in _NOTHING_DONE:
        if isinstance(problem, kind):
            return status, error_class
    return OutcomeStatus.IN_DOUBT, ErrorClass.UNKNOWN


def _outcome(
    key: str, status: OutcomeStatus, error_class: ErrorClass, message: str
) -> PostingOutcome:
    retriable = status is OutcomeStatus.RETRY
    error = ErpError(error_class=error_class, vendor_message=message[:2000], retriable=retriable)
    return PostingOutcome(posting_key=key, status=status, error=error)
