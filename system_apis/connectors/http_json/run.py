"""What every run into the ERP shares: side by side, one outcome for each key, and when to stop.

What was sent and not answered is in doubt and stays so: the caller looks it up before anything is
sent again. When the ERP is plainly out of order, what was not sent yet is left alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from shared.http_client import NoAnswer, ReadUnanswered
from shared.problems import TimepostProblem, TooManyRequests, UpstreamRefused
from shared.stop_points import StopPoint, reached
from system_apis.capabilities.erp.schemas import (
    ErpError,
    ErrorClass,
    OutcomeStatus,
    PostedLine,
    PostingOutcome,
    PostingRequest,
)
from system_apis.connectors.http_json.client import ErpClient
from system_apis.connectors.http_json.lookups import LineFinder
from system_apis.connectors.http_json.platform_models import Answer
from system_apis.connectors.http_json.refusals import WHOLE_CONNECTION, Catalogue, Verdict
from system_apis.connectors.http_json.settings import HttpJsonSettings

Batch = Sequence[PostingRequest]
Piece = TypeVar("Piece")

# One line may crash an ERP; so many in one request, and it is not the lines.
_MOST_UNANSWERED = 5


class Run:
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
        self._unanswered = 0
        self._stopped_by: ErpError | None = None

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

    async def _exchange(
        self, items: Batch, method: str, path: str, document: object, key: str
    ) -> Answer | None:
        """The answer; None after everything that was sent has its outcome without one."""
        header = self._settings.idempotency_header
        headers = {header: key} if header else {}
        try:
            answer = await self._client.write(method, path, document, headers, self._deadline)
        except TimepostProblem as problem:
            error = error_of(problem)
            in_doubt = isinstance(problem, NoAnswer) and not isinstance(problem, ReadUnanswered)
            status = OutcomeStatus.IN_DOUBT if in_doubt else OutcomeStatus.RETRY
            self._note(error, unanswered=in_doubt)
            for item in items:
                self._conclude(item, status, error)
            return None
        reached(StopPoint.ERP_REPLIED)
        return answer

    def _refuse(self, item: PostingRequest, verdict: Verdict) -> None:
        """An answer that is no success becomes the item's outcome, and may stop the run."""
        error = verdict.error
        if error is not None and error.error_class in WHOLE_CONNECTION:
            self._note(error, unanswered=False)
        elif verdict.status is OutcomeStatus.IN_DOUBT and error is not None:
            self._note(error, unanswered=True)
        self._conclude(item, verdict.status, error)

    def _note(self, error: ErpError, *, unanswered: bool) -> None:
        """Leave the rest alone once the ERP, and not a line, is what is wrong."""
        self._unanswered += unanswered
        if not unanswered or self._unanswered >= _MOST_UNANSWERED:
            self._stopped_by = error.model_copy(update={"retriable": True})

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
