"""Reversals whose line could not be read back: asked for again, later and later, and told of."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from process_apis.database import as_json
from process_apis.processes.posting import refusals
from process_apis.processes.posting.corrected import standing_of
from process_apis.processes.posting.doubt import PATIENCE
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.readback import Reading
from process_apis.processes.posting.states import PostingState

_GIVE_BACK = text(
    """
    UPDATE posting SET due_at = unread.due_at, lookups = posting.lookups - unread.forgive,
        code = coalesce(unread.code, posting.code),
        findings = coalesce(NULLIF(unread.findings, 'null'::jsonb), posting.findings),
        lease_token = NULL
    FROM jsonb_to_recordset(CAST(:unread AS jsonb)) AS unread (
        id uuid, due_at timestamptz, forgive int, code text, findings jsonb)
    WHERE posting.id = unread.id AND posting.lease_token = :token AND posting.state = 'RECEIVED'
    RETURNING posting.id
    """
)


async def give_back(
    ledger: Ledger, token: UUID, readings: Sequence[Reading], *, stopped: bool
) -> None:
    """Let them be read later; one that was tried often enough is told of.

    :param stopped: the connection is, so that its incident speaks for all that wait, and its gate
        says when they are tried again.
    """
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        rows, told = [], {}
        for each in readings:
            finding = None if stopped else _finding(each)
            rows.append(
                {
                    "id": each.row["id"],
                    "due_at": now if stopped else now + _pause(ledger, each),
                    "forgive": int(stopped),
                    "code": finding.code if finding else None,
                    "findings": [finding] if finding else None,
                }
            )
            if finding is not None:
                told[each.row["id"]] = standing_of(each.row, PostingState.RECEIVED, finding)
        asked = {"unread": as_json(rows), "token": token}
        ours = {row.id for row in await transaction.execute(_GIVE_BACK, asked)}
        standings = [standing for id_, standing in told.items() if id_ in ours]
        await ledger.listeners.tell(transaction, standings, now)


def are_told_of(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether each has a case of its own: that it fails once more is no news of the connection."""
    return all(row["lookups"] > PATIENCE for row in rows)


def _pause(ledger: Ledger, reading: Reading) -> timedelta:
    asked = reading.problem.retry_after if reading.problem else None
    return refusals.backoff(reading.row["lookups"], ledger.timing, asked)


def _finding(reading: Reading) -> Finding | None:
    if reading.row["lookups"] < PATIENCE:
        return None
    return Finding("CO_UNREADABLE", detail={"label": str(reading.row["line_id"])})
