"""Sends batches that one bad line cannot stop.

Tryton's create takes a list and is one transaction, so a refused batch changed nothing and is
halved until the refused lines stand alone. A batch that was sent and not answered is in doubt as a
whole, and nothing of it is sent again: the caller looks it up first.
"""

from datetime import datetime

from shared.http_client import NoAnswer
from shared.problems import TimepostProblem
from system_apis.capabilities.erp.schemas import ErpError, ErrorClass, OutcomeStatus
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.ledger import TrytonLedger
from system_apis.connectors.tryton.mapping import line_values, lookup_of, marker, one_line
from system_apis.connectors.tryton.outcomes import (
    Batch,
    Outcomes,
    by_company,
    error_after,
    error_of_unreadable,
    status_after,
)
from system_apis.connectors.tryton.preflight import timesheet_work_of
from system_apis.connectors.tryton.refusals import WHOLE_CONNECTION, TrytonRefusal, explain
from system_apis.connectors.tryton.work_tree import WorkTree


class Sending:
    """The batches of one request, one after the other.

    :param works: what the items stand on, read for this request.
    :param deadline: nothing is started after it, and no call outlasts it.
    :param with_uuid: the posting key becomes the line's uuid. Without it every item must have
        been looked up before.
    """

    def __init__(
        self,
        client: TrytonClient,
        ledger: TrytonLedger,
        works: WorkTree,
        outcomes: Outcomes,
        deadline: datetime,
        *,
        with_uuid: bool,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._works = works
        self._outcomes = outcomes
        self._deadline = deadline
        self._with_uuid = with_uuid
        self._stopped_by: TimepostProblem | None = None

    async def send(self, items: Batch, batch_size: int) -> None:
        for batch in by_company(items, batch_size):
            await self._create(batch)

    async def _create(self, batch: Batch) -> None:
        if self._stopped_by is not None:
            error = error_after(self._stopped_by)
            return self._outcomes.conclude(batch, OutcomeStatus.RETRY, error)
        try:
            ids = await self._call(batch)
        except TrytonRefusal as refusal:
            return await self._after_refusal(batch, refusal)
        except TimepostProblem as problem:
            self._stopped_by = problem
            status = status_after(problem)
            return self._outcomes.conclude(batch, status, error_after(problem))
        return await self._read_back(batch, ids)

    async def _call(self, batch: Batch) -> list[int]:
        values = [
            line_values(item, timesheet_work_of(item, self._works), with_uuid=self._with_uuid)
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
            lines = await self._ledger.by_ids(ids, self._deadline, self._works)
        except TimepostProblem as problem:
            self._stopped_by = problem
            lines = {}
        except TrytonRefusal:
            lines = {}
        for item, number in zip(batch, ids, strict=True):
            if line := lines.get(number):
                self._outcomes.conclude([item], OutcomeStatus.POSTED, line=line)
            else:
                error = error_of_unreadable(number)
                self._outcomes.conclude([item], OutcomeStatus.IN_DOUBT, error)

    async def _after_refusal(self, batch: Batch, refusal: TrytonRefusal) -> None:
        error = explain(refusal, _narratives(batch))
        if error.vendor_code in WHOLE_CONNECTION:
            self._ledger.forget_features()  # uuid became read-only if our module was taken away
            return self._outcomes.conclude(batch, OutcomeStatus.RETRY, error)
        if error.error_class in {ErrorClass.DUPLICATE, ErrorClass.UNKNOWN}:
            return await self._after_unsure_refusal(batch, error)
        return await self._narrow_down(batch, error)

    async def _after_unsure_refusal(self, batch: Batch, error: ErpError) -> None:
        """A duplicate stands in Tryton already; an exception without a name may have come late.

        So the keys are looked up before anything of the batch is sent again.
        """
        lookups = [lookup_of(item) for item in batch]
        try:
            found = await self._ledger.by_keys(lookups, thorough=False, deadline=self._deadline)
        except (TimepostProblem, TrytonRefusal):
            return self._outcomes.conclude(batch, OutcomeStatus.IN_DOUBT, error)
        self._outcomes.recognise(batch, found)
        rest = self._outcomes.undecided(batch)
        if len(rest) == len(batch):
            return await self._narrow_down(batch, error)
        return await self._create(rest) if rest else None

    async def _narrow_down(self, batch: Batch, error: ErpError) -> None:
        if len(batch) == 1:
            status = OutcomeStatus.RETRY if error.retriable else OutcomeStatus.REJECTED
            return self._outcomes.conclude(batch, status, error)
        middle = len(batch) // 2
        await self._create(batch[:middle])
        return await self._create(batch[middle:])


def _narratives(items: Batch) -> list[str]:
    """Every form in which a narrative was sent, and the markers beside it."""
    texts = [text for item in items for text in (item.narrative, one_line(item.narrative))]
    markers = [marker(item.posting_key) for item in items]
    return [*texts, *markers]
