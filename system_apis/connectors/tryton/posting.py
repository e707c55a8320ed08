"""Posts hours: batches that one bad line cannot stop, and an outcome for every single item.

Tryton's create takes a list and is one transaction, so a refused batch changed nothing and is
halved until the refused lines stand alone. A batch that was sent and not answered is in doubt as a
whole, and nothing of it is sent again: the caller looks it up first.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from shared.http_client import NoAnswer, ReadUnanswered
from shared.problems import (
    OutcomeUnknown,
    TimepostProblem,
    TooManyRequests,
    UpstreamRefused,
)
from system_apis.capabilities.erp.schemas import (
    ErpError,
    ErrorClass,
    LookupItem,
    OutcomeStatus,
    PostedLine,
    PostingOutcome,
    PostingRequest,
)
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.companies import ServedCompanies
from system_apis.connectors.tryton.ledger import TrytonLedger
from system_apis.connectors.tryton.mapping import line_values, marker, one_line
from system_apis.connectors.tryton.preflight import (
    Surroundings,
    employee_ids_of,
    objection,
    timesheet_work_of,
    work_ids_of,
)
from system_apis.connectors.tryton.refusals import WHOLE_CONNECTION, TrytonRefusal, explain

Batch = Sequence[PostingRequest]


class PostingRun:
    """One request's way into Tryton; make a new one for each.

    :param deadline: nothing is started after it, and no call outlasts it.
    """

    def __init__(
        self,
        client: TrytonClient,
        ledger: TrytonLedger,
        companies: ServedCompanies,
        batch_size: int,
        deadline: datetime,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._companies = companies
        self._batch_size = batch_size
        self._deadline = deadline
        self._outcomes: dict[str, PostingOutcome] = {}
        self._around: Surroundings | None = None
        self._with_uuid = False
        self._stopped_by: TimepostProblem | None = None

    async def post(self, items: Batch) -> list[PostingOutcome]:
        """One outcome per item, in order. Two items with one key are one posting."""
        batch = list({item.posting_key: item for item in items}.values())
        try:
            sendable = await self._look_around(batch)
        except (TimepostProblem, TrytonRefusal) as problem:
            self._conclude(batch, OutcomeStatus.RETRY, _not_started(problem))
        else:
            for each in self._batches(sendable):
                await self._create(each)
        return [self._outcomes[item.posting_key] for item in items]

    async def _look_around(self, items: Batch) -> Batch:
        """Read what the postings depend on; answers those that should be sent."""
        self._with_uuid = (await self._ledger.features(self._deadline)).uuid_is_writable
        employees = await self._ledger.employees(employee_ids_of(items), self._deadline)
        works = await self._ledger.works(work_ids_of(items), self._deadline)
        dates = [item.accounting_date for item in items]
        closed = await self._ledger.closed_periods(dates, self._deadline)
        companies = await self._companies.ids(self._deadline)
        self._around = Surroundings(companies, employees, works, closed)
        objections = {
            item.posting_key: error
            for item in items
            if (error := objection(item, self._around)) is not None
        }
        # What stands in Tryton is posted, whatever was closed since. A native key finds that out
        # by itself on create; a marker, and an item that will not be sent, must be looked up.
        unsure = [item for item in items if not self._with_uuid or item.posting_key in objections]
        if unsure:
            lookups = [_lookup_of(item) for item in unsure]
            found = await self._ledger.by_keys(lookups, thorough=False, deadline=self._deadline)
            self._recognise(unsure, found)
        for item in self._open(items):
            if error := objections.get(item.posting_key):
                self._conclude([item], OutcomeStatus.REJECTED, error)
        return self._open(items)

    def _batches(self, items: Batch) -> Iterable[Batch]:
        """Batches of one company each: a company is part of the context of a call."""
        ordered = sorted(items, key=lambda item: item.legal_entity_id)
        for _, group in groupby(ordered, key=lambda item: item.legal_entity_id):
            own = list(group)
            for start in range(0, len(own), self._batch_size):
                yield own[start : start + self._batch_size]

    async def _create(self, batch: Batch) -> None:
        if self._stopped_by is not None:
            return self._conclude(batch, OutcomeStatus.RETRY, _not_started(self._stopped_by))
        try:
            ids = await self._send(batch)
        except TrytonRefusal as refusal:
            return await self._after_refusal(batch, refusal)
        except TimepostProblem as problem:
            self._stopped_by = problem
            return self._conclude(batch, *_verdict_of(problem))
        return await self._read_back(batch, ids)

    async def _send(self, batch: Batch) -> list[int]:
        if self._around is None:
            raise RuntimeError("nothing is sent before the surroundings were read")
        values = [
            line_values(
                item, timesheet_work_of(item, self._around.works), with_uuid=self._with_uuid
            )
            for item in batch
        ]
        ids = await self._client.write(
            "model.timesheet.line.create",
            values,
            company=int(batch[0].legal_entity_id),
            deadline=self._deadline,
        )
        if not isinstance(ids, list) or len(ids) != len(batch):
            raise NoAnswer("Tryton answered a create call with something else than the new ids.")
        return ids

    async def _read_back(self, batch: Batch, ids: list[int]) -> None:
        """Created is not posted before it was seen: a line nobody can read is in doubt."""
        try:
            lines = await self._ledger.by_ids(ids, self._deadline)
        except (TimepostProblem, TrytonRefusal) as problem:
            self._stopped_by = problem if isinstance(problem, TimepostProblem) else None
            lines = {}
        for item, number in zip(batch, ids, strict=True):
            if line := lines.get(number):
                self._conclude([item], OutcomeStatus.POSTED, line=line)
            else:
                self._conclude([item], OutcomeStatus.IN_DOUBT, _unreadable(number))

    async def _after_refusal(self, batch: Batch, refusal: TrytonRefusal) -> None:
        error = explain(refusal, _narratives(batch))
        if error.vendor_code in WHOLE_CONNECTION:
            self._ledger.forget_features()  # uuid became read-only if our module was taken away
            return self._conclude(batch, OutcomeStatus.RETRY, error)
        if error.error_class in {ErrorClass.DUPLICATE, ErrorClass.UNKNOWN}:
            return await self._after_unsure_refusal(batch, error)
        return await self._narrow_down(batch, error)

    async def _after_unsure_refusal(self, batch: Batch, error: ErpError) -> None:
        """A duplicate stands in Tryton already; an exception without a name may have come late.

        So the keys are looked up before anything of the batch is sent again.
        """
        lookups = [_lookup_of(item) for item in batch]
        try:
            found = await self._ledger.by_keys(lookups, thorough=False, deadline=self._deadline)
        except (TimepostProblem, TrytonRefusal):
            return self._conclude(batch, OutcomeStatus.IN_DOUBT, error)
        self._recognise(batch, found)
        rest = self._open(batch)
        if len(rest) == len(batch):
            return await self._narrow_down(batch, error)
        return await self._create(rest) if rest else None

    async def _narrow_down(self, batch: Batch, error: ErpError) -> None:
        if len(batch) == 1:
            status = OutcomeStatus.RETRY if error.retriable else OutcomeStatus.REJECTED
            return self._conclude(batch, status, error)
        middle = len(batch) // 2
        await self._create(batch[:middle])
        return await self._create(batch[middle:])

    def _recognise(self, items: Batch, lines: Iterable[PostedLine]) -> None:
        by_key = {line.posting_key: line for line in lines}
        for item in items:
            if line := by_key.get(item.posting_key):
                self._conclude([item], OutcomeStatus.ALREADY_POSTED, line=line)

    def _open(self, items: Batch) -> list[PostingRequest]:
        return [item for item in items if item.posting_key not in self._outcomes]

    def _conclude(
        self,
        items: Batch,
        status: OutcomeStatus,
        error: ErpError | None = None,
        line: PostedLine | None = None,
    ) -> None:
        for item in items:
            key = item.posting_key
            outcome = PostingOutcome(posting_key=key, status=status, line=line, error=error)
            self._outcomes.setdefault(key, outcome)


def _verdict_of(problem: TimepostProblem) -> tuple[OutcomeStatus, ErpError]:
    """What a failed create call means for its items."""
    in_doubt = isinstance(problem, OutcomeUnknown) and not isinstance(problem, ReadUnanswered)
    status = OutcomeStatus.IN_DOUBT if in_doubt else OutcomeStatus.RETRY
    return status, _not_started(problem)


def _not_started(problem: TimepostProblem | TrytonRefusal) -> ErpError:
    """Why items were left alone. Our problems' texts hold no values of postings."""
    if isinstance(problem, TrytonRefusal):
        return explain(problem).model_copy(update={"retriable": True})
    match problem:
        case UpstreamRefused():
            error_class = ErrorClass.AUTH
        case TooManyRequests():
            error_class = ErrorClass.THROTTLED
        case _:
            error_class = ErrorClass.UNAVAILABLE
    return ErpError(
        error_class=error_class,
        vendor_code=problem.code,
        vendor_message=problem.detail,
        retriable=True,
        retry_after_seconds=problem.retry_after,
    )


def _unreadable(number: int) -> ErpError:
    return ErpError(
        error_class=ErrorClass.UNAVAILABLE,
        vendor_code="read_back_failed",
        vendor_message=f"Tryton created line {number}, but it could not be read back.",
        retriable=True,
    )


def _lookup_of(item: PostingRequest) -> LookupItem:
    return LookupItem(
        posting_key=item.posting_key, worker_id=item.worker_id, work_date=item.work_date
    )


def _narratives(items: Batch) -> list[str]:
    """Every form in which a narrative was sent, with and without its marker."""
    texts = [text for item in items for text in (item.narrative, one_line(item.narrative))]
    markers = [marker(item.posting_key) for item in items]
    return [*texts, *markers]
