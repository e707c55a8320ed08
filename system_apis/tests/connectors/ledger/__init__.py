"""Ledger: a made-up ERP that keeps one page of everything in memory."""

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel, Field, SecretStr

from shared.problems import UpstreamRefused
from system_apis.capabilities.connector import ConnectionContext, Connector
from system_apis.capabilities.erp.schemas import (
    AccountingPeriod,
    Client,
    ClientPage,
    ErpAbilities,
    ErpError,
    ErrorClass,
    Idempotency,
    LegalEntity,
    LegalEntityPage,
    LookupItem,
    LookupResult,
    MasterStatus,
    OutcomeStatus,
    PeriodPage,
    PeriodStatus,
    PostedLine,
    PostingOutcome,
    PostingRequest,
    Project,
    ProjectPage,
    ReadResult,
    ReversalMode,
    Task,
    TaskPage,
    Worker,
    WorkerPage,
)

DAY = date(2026, 11, 23)
# Projects on which nothing is posted.
REFUSALS = {
    "closed": (OutcomeStatus.REJECTED, ErrorClass.PROJECT_CLOSED),
    "odd": (OutcomeStatus.REJECTED, ErrorClass.UNKNOWN),
    "unclear": (OutcomeStatus.IN_DOUBT, ErrorClass.UNKNOWN),
    "not sent": (OutcomeStatus.RETRY, ErrorClass.UNKNOWN),
}


class LedgerSettings(BaseModel):
    api_key: SecretStr = Field(description="Key of the integration user.")
    company: str = Field(default="1", description="The company's id.", examples=["1"])


class LedgerPort:
    def __init__(self, settings: LedgerSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._entities = context.legal_entities
        self._lines: dict[str, PostedLine] = {}

    async def abilities(self) -> ErpAbilities:
        return ErpAbilities(
            idempotency=Idempotency.UPSERT,
            atomic_batch=False,
            max_batch=50,
            readback=True,
            lookup=True,
            reversal_modes=[ReversalMode.NEGATIVE_LINE],
            negative_quantity=True,
            settle_seconds=30,
        )

    async def post(
        self, items: Sequence[PostingRequest], deadline: datetime
    ) -> Sequence[PostingOutcome]:
        return [self._post(item) for item in items]

    async def look_up(self, items: Sequence[LookupItem]) -> LookupResult:
        keys = [item.posting_key for item in items]
        return LookupResult(
            lines=[self._lines[key] for key in keys if key in self._lines],
            missing=[key for key in keys if key not in self._lines],
        )

    async def read_lines(self, external_ids: Sequence[str]) -> ReadResult:
        lines = [line for line in self._lines.values() if line.external_id in external_ids]
        found = {line.external_id for line in lines}
        return ReadResult(lines=lines, missing=[each for each in external_ids if each not in found])

    async def legal_entities(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> LegalEntityPage:
        items = [
            LegalEntity(external_id=code, code=code, name=code, currency="EUR")
            for code in self._entities
        ]
        return LegalEntityPage(items=items[:limit], next_cursor=cursor)

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> WorkerPage:
        hired = changed_since.date() if changed_since else None
        worker = Worker(external_id="1", legal_entity_id="1", name="Lena", hire_date=hired)
        return WorkerPage(items=[worker])

    async def clients(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ClientPage:
        return ClientPage(items=[Client(external_id="1", name="Client")])

    async def projects(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> ProjectPage:
        project = Project(
            external_id="1",
            legal_entity_id="1",
            name="Project",
            status=MasterStatus.OPEN,
            bookable=True,
        )
        return ProjectPage(items=[project])

    async def tasks(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> TaskPage:
        task = Task(
            external_id="1", project_id="1", name="T", status=MasterStatus.OPEN, bookable=True
        )
        return TaskPage(items=[task])

    async def periods(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> PeriodPage:
        period = AccountingPeriod(
            external_id="1",
            legal_entity_id="1",
            name="2026-11",
            start_date=DAY.replace(day=1),
            end_date=DAY.replace(day=30),
            status=PeriodStatus.OPEN,
        )
        return PeriodPage(items=[period])

    async def check(self) -> Sequence[str]:
        if self._settings.api_key.get_secret_value() != "good-key":
            raise UpstreamRefused("Ledger refuses the key.", action="Issue a new key in Ledger.")
        return ["signed in", "1 company found"]

    async def close(self) -> None:
        return None

    def _post(self, item: PostingRequest) -> PostingOutcome:
        if item.project_id in REFUSALS:
            status, error_class = REFUSALS[item.project_id]
            error = ErpError(error_class=error_class, vendor_message="No.", retriable=False)
            return PostingOutcome(posting_key=item.posting_key, status=status, error=error)
        known = self._lines.get(item.posting_key)
        line = known or PostedLine(
            external_id=str(len(self._lines) + 1),
            posting_key=item.posting_key,
            legal_entity_id=item.legal_entity_id,
            worker_id=item.worker_id,
            project_id=item.project_id,
            work_date=item.work_date,
            minutes=item.minutes,
        )
        self._lines[item.posting_key] = line
        status = OutcomeStatus.ALREADY_POSTED if known else OutcomeStatus.POSTED
        return PostingOutcome(posting_key=item.posting_key, status=status, line=line)


CONNECTOR = Connector("ledger", "Ledger", "erp", LedgerSettings, LedgerPort)
