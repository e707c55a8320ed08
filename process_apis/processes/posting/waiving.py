"""Two people decided that something stays as it is in the ERP: what that does to postings."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.posting.choosing import Family, Mark
from process_apis.processes.posting.states import UNSENT, PostingKind, PostingState
from process_apis.processes.posting.transitions import Actor, Event, after

_WAIVE = text(
    """
    UPDATE posting SET state = 'WAIVED', waiting_for = '{}', lease_token = NULL, updated_at = :now,
        decision = coalesce(decision, '{}') || CAST(:decision AS jsonb)
    WHERE id = ANY(:ids)
    """
)
_GIVE_UP = text(
    """
    UPDATE posting SET state = 'SUPERSEDED', waiting_for = '{}', lease_token = NULL,
        updated_at = :now
    WHERE id = ANY(:ids)
    """
)
_KEEP = text(
    "UPDATE posting SET state = CASE WHEN code IS NULL THEN 'POSTED' ELSE 'MISPOSTED' END,"
    " updated_at = :now WHERE id = :id AND state = 'REVERSAL_PENDING'"
)


async def waive(transaction: AsyncConnection, family: Family, mark: Mark) -> PostingState:
    """It will not be posted, or not be taken back. What is misposted stays so, and is accepted.

    :raises TransitionRefused: it is on its way, or there is nothing to waive.
    """
    posting = family.posting
    if posting["state"] == PostingState.MISPOSTED and posting["kind"] != PostingKind.REVERSAL:
        return PostingState.MISPOSTED
    reversal, replacement = family.reversal, family.replacement
    waived, given_up = posting, []
    if reversal is not None and reversal["state"] in UNSENT:
        # The correction as a whole: what was posted stays, in the place of what would replace it.
        waived = replacement if replacement is not None else reversal
        given_up = [reversal["id"]] if replacement is not None else []
        await transaction.execute(_KEEP, {"id": reversal["reverses_id"], "now": mark.at})
    state = after(PostingState(waived["state"]), Event.WAIVED, Actor.CONTROLLERS)
    await _move(transaction, [waived["id"]], given_up, mark, mark.at)
    return state


async def _move(
    transaction: AsyncConnection,
    waived: Sequence[UUID],
    given_up: Sequence[UUID],
    mark: Mark,
    now: datetime,
) -> None:
    decision = as_json({"waived": mark.as_dict()})
    await transaction.execute(_WAIVE, {"ids": list(waived), "decision": decision, "now": now})
    if given_up:
        await transaction.execute(_GIVE_UP, {"ids": list(given_up), "now": now})
