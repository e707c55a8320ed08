"""Posts hours and takes them back: looks at what they depend on, sends what may be sent.

Every item has an outcome of its own.
"""

from datetime import datetime

from shared.problems import TimepostProblem
from system_apis.capabilities.erp.schemas import (
    ErpError,
    ErrorClass,
    Operation,
    OutcomeStatus,
    PostingOutcome,
)
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.companies import ServedCompanies
from system_apis.connectors.tryton.ledger import TrytonLedger
from system_apis.connectors.tryton.mapping import lookup_of
from system_apis.connectors.tryton.outcomes import (
    Batch,
    Outcomes,
    error_after,
    error_of_preflight,
)
from system_apis.connectors.tryton.preflight import (
    Surroundings,
    employee_ids_of,
    objection,
    work_ids_of,
)
from system_apis.connectors.tryton.refusals import TrytonRefusal
from system_apis.connectors.tryton.removing import Removing
from system_apis.connectors.tryton.sending import Sending

_NO_UPDATES = error_of_preflight(
    ErrorClass.REJECTED, "no_updates", "Tryton keeps no history of a line, so none is rewritten"
)


class TrytonPosting:
    """Posts into one database.

    :param batch_size: lines per create call.
    """

    def __init__(
        self,
        client: TrytonClient,
        ledger: TrytonLedger,
        companies: ServedCompanies,
        batch_size: int,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._companies = companies
        self._batch_size = batch_size

    async def post(self, items: Batch, deadline: datetime) -> list[PostingOutcome]:
        """One outcome per item, in order. Two items with one key are one posting."""
        outcomes = Outcomes()
        distinct = list({item.posting_key: item for item in items}.values())
        rewritten = [each for each in distinct if each.operation is Operation.UPDATE]
        outcomes.conclude(rewritten, OutcomeStatus.REJECTED, _NO_UPDATES)
        removed = [each for each in distinct if each.operation is Operation.DELETE]
        if removed:
            removing = Removing(self._client, self._ledger, outcomes, deadline)
            await removing.remove(removed, self._batch_size)
        await self._add(outcomes.undecided(distinct), outcomes, deadline)
        return outcomes.of(items)

    async def _add(self, distinct: Batch, outcomes: Outcomes, deadline: datetime) -> None:
        if not distinct:
            return
        try:
            with_uuid = (await self._ledger.features(deadline)).uuid_is_writable
            around = await self._look_around(distinct, deadline)
            objections = _objections(distinct, around)
            # What stands in Tryton is posted, whatever was closed since. A native key finds that
            # out on create; with a marker, and for what will not be sent, we have to look.
            unsure = [i for i in distinct if not with_uuid or i.posting_key in objections]
            await self._recognise(unsure, outcomes, deadline)
        except (TimepostProblem, TrytonRefusal) as problem:
            error = error_after(problem)
            outcomes.conclude(distinct, OutcomeStatus.RETRY, error)
        else:
            for item in outcomes.undecided(distinct):
                if objected := objections.get(item.posting_key):
                    outcomes.conclude([item], OutcomeStatus.REJECTED, objected)
            sending = Sending(
                self._client,
                self._ledger,
                around.works,
                outcomes,
                deadline,
                with_uuid=with_uuid,
            )
            await sending.send(outcomes.undecided(distinct), self._batch_size)

    async def _look_around(self, items: Batch, deadline: datetime) -> Surroundings:
        dates = [item.accounting_date for item in items]
        return Surroundings(
            companies=await self._companies.ids(deadline),
            employees=await self._ledger.employees(employee_ids_of(items), deadline),
            works=await self._ledger.works(work_ids_of(items), deadline),
            closed_periods=await self._ledger.closed_periods(dates, deadline),
        )

    async def _recognise(self, items: Batch, outcomes: Outcomes, deadline: datetime) -> None:
        """Conclude the items that stand in Tryton already."""
        if items:
            lookups = [lookup_of(item) for item in items]
            found = await self._ledger.by_keys(lookups, thorough=False, deadline=deadline)
            outcomes.recognise(items, found)


def _objections(items: Batch, around: Surroundings) -> dict[str, ErpError]:
    found = {item.posting_key: objection(item, around) for item in items}
    return {key: error for key, error in found.items() if error is not None}
