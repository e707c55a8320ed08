"""One case for a connection that does not work, however many postings wait for it."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.exceptions.catalogue import told
from process_apis.processes.exceptions.schemas import CaseState
from process_apis.processes.posting.ports import Incident

# New figures are no change that anybody could overwrite, so the version stays: nobody's ETag goes
# stale because one more posting waits.
_OPEN_OR_UPDATE = text(
    """
    INSERT INTO exception_case (id, code, severity, owner, state, sentence, action, connection,
        minutes, affected, waiting_for, fingerprint, opened_at, updated_at, version)
    VALUES (:id, :code, :severity, :owner, :state, :sentence, :action, :connection,
        :minutes, :affected, '{}', :fingerprint, :since, :now, 1)
    ON CONFLICT (connection, code) WHERE time_entry_id IS NULL AND resolved_at IS NULL
    DO UPDATE SET sentence = excluded.sentence, minutes = excluded.minutes,
        affected = excluded.affected, updated_at = excluded.updated_at
    WHERE (exception_case.sentence, exception_case.minutes, exception_case.affected)
        IS DISTINCT FROM (excluded.sentence, excluded.minutes, excluded.affected)
    """
)

_RESOLVE = text(
    """
    UPDATE exception_case SET state = :state, resolved_at = :now, updated_at = :now,
        resolution = :resolution, version = version + 1
    WHERE connection = :connection AND code = :code
      AND time_entry_id IS NULL AND resolved_at IS NULL
    """
)


async def record_incident(transaction: AsyncConnection, incident: Incident, now: datetime) -> None:
    """Open the connection's case, bring its figures up to date, or resolve it."""
    asked = {"connection": incident.connection, "code": incident.code, "now": now}
    if incident.over is not None:
        resolution = f"auto: {incident.over}"
        settled = {**asked, "state": CaseState.RESOLVED_AUTO, "resolution": resolution}
        await transaction.execute(_RESOLVE, settled)
        return
    entry, sentence = told(incident.code, {"said": incident.said})
    case = {
        **asked,
        "id": uuid4(),
        "severity": entry.severity,
        "owner": entry.owner,
        "state": CaseState.OPEN,
        "sentence": f"{sentence} {_figures(incident)}",
        "action": entry.action,
        "minutes": incident.minutes,
        "affected": incident.postings,
        "fingerprint": f"{incident.code}|connection:{incident.connection}",
        "since": incident.since,
    }
    await transaction.execute(_OPEN_OR_UPDATE, case)


def _figures(incident: Incident) -> str:
    since = f"{incident.connection} has been so since {incident.since:%Y-%m-%d %H:%M} UTC"
    if not incident.postings:
        return f"{since}."
    one = incident.postings == 1
    waiting = (
        f"{incident.postings} posting{'' if one else 's'} of {incident.minutes / 60:.2f} hours"
    )
    return f"{since}; {waiting} wait{'s' if one else ''}."
