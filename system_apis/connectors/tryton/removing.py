"""Takes lines back by deleting them: Tryton refuses negative hours, and lines of an invoice.

Tryton keeps no trace of a deleted line; ours stands in the caller's ledger. A delete call is one
transaction like a create call, so a refused one is halved until the refused lines stand alone.
"""

from datetime import datetime

from shared.problems import TimepostProblem
from system_apis.capabilities.erp.schemas import (
    ErpError,
    ErrorClass,
    InvoiceState,
    OutcomeStatus,
    PostedLine,
    PostingRequest,
)
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.ledger import TrytonLedger
from system_apis.connectors.tryton.mapping import tryton_id
from system_apis.connectors.tryton.outcomes import (
    Batch,
    Outcomes,
    by_company,
    error_after,
    error_of_preflight,
    status_after,
)
from system_apis.connectors.tryton.refusals import WHOLE_CONNECTION, TrytonRefusal, explain


class Removing:
    """The lines of one request that are to go.

    :param deadline: nothing is started after it, and no call outlasts it.
    """

    def __init__(
        self,
        client: TrytonClient,
        ledger: TrytonLedger,
        outcomes: Outcomes,
        deadline: datetime,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._outcomes = outcomes
        self._deadline = deadline
        self._stopped_by: TimepostProblem | None = None

    async def remove(self, items: Batch, batch_size: int) -> None:
        """Delete what is still there, as it was when the caller decided on it."""
        try:
            lines = await self._ledger.by_ids(_line_ids(items), self._deadline)
        except (TimepostProblem, TrytonRefusal) as problem:
            return self._outcomes.conclude(items, OutcomeStatus.RETRY, error_after(problem))
        for item in items:
            line = lines.get(_line_id(item))
            if line is None:
                self._outcomes.conclude([item], OutcomeStatus.ALREADY_POSTED)
            elif objected := objection(item, line):
                self._outcomes.conclude([item], OutcomeStatus.REJECTED, objected)
        for batch in by_company(self._outcomes.undecided(items), batch_size):
            await self._delete(batch)
        return None

    async def _delete(self, batch: Batch) -> None:
        if self._stopped_by is not None:
            error = error_after(self._stopped_by)
            return self._outcomes.conclude(batch, OutcomeStatus.RETRY, error)
        try:
            await self._client.write(
                "model.timesheet.line.delete",
                _line_ids(batch),
                company=int(batch[0].legal_entity_id),
                deadline=self._deadline,
            )
        except TrytonRefusal as refusal:
            return await self._after_refusal(batch, refusal)
        except TimepostProblem as problem:
            self._stopped_by = problem
            status = status_after(problem)
            return self._outcomes.conclude(batch, status, error_after(problem))
        return self._outcomes.conclude(batch, OutcomeStatus.POSTED)

    async def _after_refusal(self, batch: Batch, refusal: TrytonRefusal) -> None:
        error = explain(refusal)
        if error.vendor_code in WHOLE_CONNECTION:
            return self._outcomes.conclude(batch, OutcomeStatus.RETRY, error)
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._delete(batch[:middle])
            return await self._delete(batch[middle:])
        return await self._after_lone_refusal(batch, error)

    async def _after_lone_refusal(self, batch: Batch, error: ErpError) -> None:
        """Somebody else may have deleted the line after we looked: then it is as it should be."""
        try:
            lines = await self._ledger.by_ids(_line_ids(batch), self._deadline)
        except (TimepostProblem, TrytonRefusal):
            return self._outcomes.conclude(batch, OutcomeStatus.IN_DOUBT, error)
        if not lines:
            return self._outcomes.conclude(batch, OutcomeStatus.ALREADY_POSTED)
        status = OutcomeStatus.RETRY if error.retriable else OutcomeStatus.REJECTED
        return self._outcomes.conclude(batch, status, error)


def objection(item: PostingRequest, line: PostedLine) -> ErpError | None:
    """Why this line must not be deleted; None if nothing speaks against it."""
    if item.target_key is not None and line.posting_key != item.target_key:
        text = "The line does not carry the posting key of what is taken back"
        return error_of_preflight(ErrorClass.STALE_VERSION, "other_line", text)
    if line.invoiced is not InvoiceState.NONE:
        text = "An invoice holds the line"
        return error_of_preflight(ErrorClass.INVOICED_LOCKED, "invoiced", text)
    return None


def _line_id(item: PostingRequest) -> int:
    return tryton_id(item.target_line or "") or 0


def _line_ids(items: Batch) -> list[int]:
    return [number for item in items if (number := _line_id(item))]
