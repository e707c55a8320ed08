"""Conflicts between owners: whether they still are, and what stewards are told of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data.alarms import Alarm
from process_apis.processes.master_data.ownership import decisions
from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES
from process_apis.processes.master_data.ownership.claims import known
from process_apis.processes.master_data.ownership.configuration import Ownership

_NAMED = 3

# A pin answers a conflict for as long as it lasts.
_UNANSWERED = text(
    """
    SELECT kind, name, attribute, opened_at, count(*) OVER () AS total,
           min(opened_at) OVER () AS since
    FROM ownership_conflict AS conflict
    WHERE connection = :connection AND resolved_at IS NULL AND NOT EXISTS (
        SELECT FROM attribute_pin AS pin WHERE pin.kind = conflict.kind
          AND pin.subject_id = conflict.subject_id AND pin.attribute = conflict.attribute
          AND pin.released_at IS NULL AND pin.until > :now)
    ORDER BY opened_at, id LIMIT :named
    """
)

_OPEN = text(
    """
    SELECT kind, subject_id, attribute FROM ownership_conflict
    WHERE connection = :connection AND resolved_at IS NULL
    """
)


async def alarm(transaction: AsyncConnection, connection: str, now: datetime) -> Alarm:
    """What stewards are told of the conflicts about an ERP's records; one case for all of them."""
    asked = {"connection": connection, "now": now, "named": _NAMED}
    rows = (await transaction.execute(_UNANSWERED, asked)).all()
    if not rows:
        over = "no conflict waits for a steward any more"
        return Alarm("MD_OWNERSHIP_CONFLICT", connection, now, over=over)
    named = [f"{row.attribute} of {row.kind} {row.name}" for row in rows]
    if rows[0].total > len(rows):
        named.append(f"{rows[0].total - len(rows)} more")
    return Alarm("MD_OWNERSHIP_CONFLICT", connection, rows[0].since, said=", ".join(named))


async def review(
    transaction: AsyncConnection, ownership: Ownership, connection: str, now: datetime
) -> bool:
    """End conflicts that are none any more without a change of their values: a record vanished, or
    the ownership file says something else. Returns whether any was open."""
    asked = {"connection": connection}
    if not (await transaction.execute(_OPEN, asked)).all():
        return False
    await decisions.alone(transaction)
    open_now = as_dicts(await transaction.execute(_OPEN, asked))
    over = []
    for kind in sorted({each["kind"] for each in open_now}):
        subjects: set[UUID] = {each["subject_id"] for each in open_now if each["kind"] == kind}
        found = await known(transaction, kind, subjects, now)
        for each in open_now:
            one = found.get(each["subject_id"])
            attribute = ATTRIBUTES[kind, each["attribute"]]
            if each["kind"] == kind and not (
                one and one.counts(attribute, ownership, pinned=False).conflict
            ):
                words = "auto: its records, or its owners, are others now"
                over.append({**each, "resolution": words, "value": None})
    await decisions.contend(transaction, [], over, now)
    return True
