"""What waits by itself for too long becomes somebody's business: a step more severe, and higher up.

A case that waits for a record or a date resolves itself when that arrives; so nobody hurries.
After two business days it is likelier that nobody knows.
"""

from datetime import datetime, timedelta

from sqlalchemy import text

from process_apis.database import Database
from process_apis.processes.exceptions.schemas import OwnerRole, Severity
from process_apis.processes.lineage import store as lineage

LONGEST_WAIT = 2
"""Business days."""

_SATURDAY = 5

_ESCALATE = text(
    f"""
    WITH late AS (
        SELECT id, owner AS was_owner, severity AS was_severity FROM exception_case
        WHERE resolved_at IS NULL AND escalated_at IS NULL AND state = 'WAITING'
          AND opened_at <= :since ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    UPDATE exception_case AS late_case SET escalated_at = :now, updated_at = :now,
        version = late_case.version + 1,
        severity = CASE late.was_severity WHEN '{Severity.S4}' THEN '{Severity.S3}'
            WHEN '{Severity.S3}' THEN '{Severity.S2}' ELSE '{Severity.S1}' END,
        owner = CASE late.was_owner WHEN '{OwnerRole.INTEGRATION_OPERATOR}' THEN late.was_owner
            ELSE '{OwnerRole.FINANCE_CONTROLLER}' END
    FROM late WHERE late_case.id = late.id AND late_case.time_entry_id IS NOT NULL
    RETURNING late_case.id, late_case.time_entry_id, late_case.posting_id, late_case.severity,
        late_case.owner, late.was_severity, late.was_owner
    """  # noqa: S608 - our own words
)


def business_days_before(now: datetime, days: int) -> datetime:
    """The instant so many business days ago: Saturdays and Sundays do not count (in UTC)."""
    instant = now
    while days:
        instant -= timedelta(days=1)
        if instant.weekday() < _SATURDAY:
            days -= 1
    return instant


async def escalate(database: Database, now: datetime) -> int:
    """Raise the cases that have waited for too long; each once. Returns how many that was."""
    async with database.transaction() as transaction:
        since = business_days_before(now, LONGEST_WAIT)
        rows = (await transaction.execute(_ESCALATE, {"since": since, "now": now})).all()
        steps = [
            lineage.Step(
                row.time_entry_id,
                "case escalated",
                now,
                row.posting_id,
                detail={
                    "case": str(row.id),
                    "because": f"it has waited for {LONGEST_WAIT} business days",
                    "severity": f"{row.was_severity} to {row.severity}",
                    "owner": f"{row.was_owner} to {row.owner}",
                },
            )
            for row in rows
        ]
        await lineage.record(transaction, steps)
        return len(rows)
