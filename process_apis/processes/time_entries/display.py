"""One status for people, out of all the states that belong to an entry. Pure: no I/O.

An entry, its postings and its cases each have states of their own. What is shown is derived from
them, and kept nowhere: the first of the statuses that holds.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class DisplayStatus(StrEnum):
    """How an entry stands, in one word."""

    EXCEPTION = "EXCEPTION"
    IN_DOUBT = "IN_DOUBT"
    CORRECTING = "CORRECTING"
    INVOICED = "INVOICED"
    POSTED = "POSTED"
    SENDING = "SENDING"
    WAITING = "WAITING"
    WAIVED = "WAIVED"
    APPROVED = "APPROVED"
    SUBMITTED = "SUBMITTED"
    REJECTED = "REJECTED"
    DELETED = "DELETED"
    DRAFT = "DRAFT"


# Of an `entry`: what its status is derived from.
STATUS_COLUMNS = """(
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'kind', its.kind, 'state', its.state, 'invoiced', its.line ->> 'invoiced')), '[]')
    FROM posting AS its WHERE its.time_entry_id = entry.id) AS its_postings,
    EXISTS (SELECT FROM exception_case AS its WHERE its.time_entry_id = entry.id
            AND its.resolved_at IS NULL) AS has_case,
    entry.state AS entry_state"""

_WAITING = frozenset({"RECEIVED", "READY", "PARKED", "BLOCKED", "ON_HOLD", "DEAD_LETTER"})
_SETTLED = frozenset({"POSTED", "SUPERSEDED", "WAIVED"})
_BY_ENTRY = {
    "APPROVED": DisplayStatus.APPROVED,
    "PARTIALLY_APPROVED": DisplayStatus.SUBMITTED,
    "SUBMITTED": DisplayStatus.SUBMITTED,
    "REJECTED": DisplayStatus.REJECTED,
    "DELETED": DisplayStatus.DELETED,
}


def status_of(row: Mapping[str, Any]) -> DisplayStatus:
    """The status, from a row with `STATUS_COLUMNS`."""
    postings: Sequence[Mapping[str, Any]] = row["its_postings"]
    lines = [each for each in postings if each["kind"] != "REVERSAL"]
    states = {each["state"] for each in lines}
    reversing = any(
        each["kind"] == "REVERSAL" and each["state"] not in _SETTLED for each in postings
    )
    posted = [each for each in lines if each["state"] in ("POSTED", "MISPOSTED")]
    half = any(each["kind"] == "REPLACEMENT" and each["state"] in _WAITING for each in lines)
    holds = {
        DisplayStatus.EXCEPTION: row["has_case"],
        DisplayStatus.IN_DOUBT: any(each["state"] == "IN_DOUBT" for each in postings),
        DisplayStatus.CORRECTING: reversing or "REVERSAL_PENDING" in states or half,
        DisplayStatus.INVOICED: any(each["invoiced"] == "invoiced" for each in posted),
        DisplayStatus.POSTED: bool(posted),
        DisplayStatus.SENDING: "SENDING" in states,
        DisplayStatus.WAITING: bool(states & _WAITING),
        DisplayStatus.WAIVED: "WAIVED" in states and row["entry_state"] == "APPROVED",
    }
    found = next((status for status, it_holds in holds.items() if it_holds), None)
    return found or _BY_ENTRY.get(row["entry_state"], DisplayStatus.DRAFT)
