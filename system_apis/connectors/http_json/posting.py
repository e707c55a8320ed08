"""Posts hours line by line: many at a time, each with an outcome of its own, none sent twice.

What was sent and not answered is in doubt and stays so: the caller looks it up before anything is
sent again. When the ERP is plainly out of order, what was not sent yet is left alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from shared.http_client import NoAnswer, ReadUnanswered
from shared.problems import TimepostProblem, TooManyRequests, UpstreamRefused
from system_apis.capabilities.erp.schemas import (
    ErpError,
    ErrorClass,
    LookupItem,
    OutcomeStatus,
    PostedLine,
    PostingOutcome,
    PostingRequest,
)
from system_apis.connectors.http_json.client import ErpClient, filled_path
from system_apis.connectors.http_json.lookups import LineFinder
from system_apis.connectors.http_json.mapping import (
    Fields,
    Unreadable,
    body_of,
    by_key,
    line_as_told,
    posting_document,
)
from system_apis.connectors.http_json.platform_models import Answer
from system_apis.connectors.http_json.refusals import WHOLE_CONNECTION, Catalogue, Verdict
from system_apis.connectors.http_json.settings import HttpJsonSettings

Batch = Sequence[PostingRequest]
Piece = TypeVar("Piece")

# One line may crash an ERP; so many in one request, and it is not the lines.
_MOST_UNANSWERED = 5


class PostingRun:
    """One request's way into the ERP; make a new one for each.

    :param deadline: nothing is started after it, and no call outlasts it.
    """

    def __init__(
        self,
        client: ErpClient,
        finder: LineFinder,
        catalogue: Catalogue,
        settings: HttpJsonSettings,
        deadline: datetime,
    ) -> None:
        self._client = client
        self._finder = finder
        self._catalogue = catalogue
        self._settings = settings
        self._deadline = deadline
        self._outcomes: dict[str, PostingOutcome] = {}
        self._duplicates: list[PostingRequest] = []
        self._unanswered = 0
        self._stopped_by: ErpError | None = None

    async def post(self, items: Batch) -> list[PostingOutcome]:
        """One outcome per item, in order. Two items with one key are one posting."""
        batch = list({item.posting_key: item for item in items}.values())
        if self._settings.looks_up_first:
            await self._recognise(batch, OutcomeStatus.RETRY)
        await self._send(self._open(batch))
        if self._duplicates:
            await self._settle_duplicates()
        return [self._outcomes[item.posting_key] for item in items]

    async def _send(self, items: Batch) -> None:
        """Every item singly."""
        await self._side_by_side(items, self._post_one)

    async def _side_by_side(
        self, pieces: Sequence[Piece], send: Callable[[Piece], Awaitable[None]]
    ) -> None:
        """As many at a time as the connection allows; a task each would only wait its turn."""
        waiting = iter(pieces)

        async def work() -> None:
            for piece in waiting:
                await send(piece)

        async with asyncio.TaskGroup() as workers:
            for _ in range(min(self._settings.concurrency, len(pieces))):
                workers.create_task(work())

    async def _post_one(self, item: PostingRequest) -> None:
        if self._stopped_by is not None:
            return self._conclude(item, OutcomeStatus.RETRY, self._stopped_by)
        posting = self._settings.posting
        document = posting_document(item)
        path = filled_path(posting.path, document)
        answer = await self._exchange(
            [item], posting.method, path, body_of(posting.fields, document), item.posting_key
        )
        if answer is not None:
            verdict = self._catalogue.judge(answer, [item.narrative])
            self._apply(item, answer, verdict, self._catalogue, posting.answer)
        return None

    async def _exchange(
        self, items: Batch, method: str, path: str, document: object, key: str
    ) -> Answer | None:
        """The answer; None after everything that was sent has its outcome without one."""
        header = self._settings.idempotency_header
        headers = {header: key} if header else {}
        try:
            return await self._client.write(method, path, document, headers, self._deadline)
        except TimepostProblem as problem:
            error = error_of(problem)
            in_doubt = isinstance(problem, NoAnswer) and not isinstance(problem, ReadUnanswered)
            status = OutcomeStatus.IN_DOUBT if in_doubt else OutcomeStatus.RETRY
            self._note(error, unanswered=in_doubt)
            for item in items:
                self._conclude(item, status, error)
            return None

    def _note(self, error: ErpError, *, unanswered: bool) -> None:
        """Leave the rest alone once the ERP, and not a line, is what is wrong."""
        self._unanswered += unanswered
        if not unanswered or self._unanswered >= _MOST_UNANSWERED:
            self._stopped_by = error.model_copy(update={"retriable": True})

    def _apply(
        self,
        item: PostingRequest,
        answer: Answer,
        verdict: Verdict,
        catalogue: Catalogue,
        fields: Fields,
    ) -> None:
        """Turn a verdict into the item's outcome."""
        already = verdict.status is OutcomeStatus.ALREADY_POSTED
        if verdict.error is None or already:
            try:
                line = line_as_told(fields, answer.body, item)
            except Unreadable:
                # Taken, it seems, and yet no line of that answer can be named. Perhaps a page of
                # a proxy: whether there is a line has to be looked up.
                status = OutcomeStatus.IN_DOUBT
                verdict = catalogue.uncatalogued(answer, status, [item.narrative])
            else:
                self._conclude(item, verdict.status, line=line)
                return
        error = verdict.error
        if error is not None and error.error_class in WHOLE_CONNECTION:
            self._note(error, unanswered=False)
        elif verdict.status is OutcomeStatus.IN_DOUBT and error is not None:
            self._note(error, unanswered=True)
        is_duplicate = error is not None and error.error_class is ErrorClass.DUPLICATE
        if is_duplicate and self._settings.lookup is not None:
            self._duplicates.append(item)
        self._conclude(item, verdict.status, error)

    async def _settle_duplicates(self) -> None:
        """The ERP says that these stand there already: show their lines, or refuse them."""
        refused = {
            each.posting_key: self._outcomes.pop(each.posting_key) for each in self._duplicates
        }
        await self._recognise(self._duplicates, OutcomeStatus.IN_DOUBT)
        for key, outcome in refused.items():
            self._outcomes.setdefault(key, outcome)

    async def _recognise(self, items: Batch, if_unknown: OutcomeStatus) -> None:
        """Conclude what stands in the ERP already; all of it if the ERP does not tell."""
        lookups = [
            LookupItem(
                posting_key=item.posting_key, worker_id=item.worker_id, work_date=item.work_date
            )
            for item in items
        ]
        try:
            found = await self._finder.by_keys(lookups, self._deadline)
        except TimepostProblem as problem:
            error = error_of(problem)
            for item in items:
                self._conclude(item, if_unknown, error)
            return
        lines = by_key(found.lines)
        for item in items:
            if line := lines.get(item.posting_key):
                self._conclude(item, OutcomeStatus.ALREADY_POSTED, line=line)

    def _open(self, items: Batch) -> list[PostingRequest]:
        return [item for item in items if item.posting_key not in self._outcomes]

    def _conclude(
        self,
        item: PostingRequest,
        status: OutcomeStatus,
        error: ErpError | None = None,
        line: PostedLine | None = None,
    ) -> None:
        key = item.posting_key
        outcome = PostingOutcome(posting_key=key, status=status, line=line, error=error)
        self._outcomes.setdefault(key, outcome)


def error_of(problem: TimepostProblem) -> ErpError:
    """Why items were left alone, or are in doubt. Our problems' texts hold no values."""
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
        vendor_message=problem.detail[:2000],
        retriable=True,
        retry_after_seconds=problem.retry_after,
    )
