"""Keeps from every connector what its ERP cannot do, so that none has to think of it."""

from collections.abc import Sequence
from datetime import datetime

from system_apis.capabilities.erp.port import ErpPort
from system_apis.capabilities.erp.schemas import (
    ErpError,
    ErrorClass,
    Operation,
    OutcomeStatus,
    PostingOutcome,
    PostingRequest,
    ReversalMode,
)

_NEEDS = {
    Operation.DELETE: ReversalMode.DELETE_UNINVOICED,
    Operation.UPDATE: ReversalMode.UPDATE_IN_PLACE,
}


async def carry_out(
    erp: ErpPort, items: Sequence[PostingRequest], deadline: datetime
) -> list[PostingOutcome]:
    """Post, delete and update what the ERP can; refuse the rest, each with its outcome.

    A connector that knows nothing of deleting would add a line instead.
    """
    needed = {item.posting_key: mode for item in items if (mode := _needed(item)) is not None}
    if not needed:
        return list(await erp.post(items, deadline))
    can = set((await erp.abilities()).reversal_modes)
    refused = {key: _refused(key, mode) for key, mode in needed.items() if mode not in can}
    rest = [item for item in items if item.posting_key not in refused]
    outcomes = await erp.post(rest, deadline) if rest else []
    said = refused | {outcome.posting_key: outcome for outcome in outcomes}
    return [said[item.posting_key] for item in items]


def _needed(item: PostingRequest) -> ReversalMode | None:
    if item.operation is Operation.POST and item.minutes < 0:
        return ReversalMode.NEGATIVE_LINE
    return _NEEDS.get(item.operation)


def _refused(key: str, mode: ReversalMode) -> PostingOutcome:
    error = ErpError(
        error_class=ErrorClass.REJECTED,
        vendor_code="not_able",
        vendor_message=f"This connection's ERP is not able to do this ({mode}).",
        retriable=False,
    )
    return PostingOutcome(posting_key=key, status=OutcomeStatus.REJECTED, error=error)
