"""What a reading would change, as lines that people read; in set-based SQL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.record_kind import IDENTITY
from process_apis.processes.master_data.staging import Listed
from process_apis.processes.master_data.threshold import Standing

# What a person has let through, or still has to, stays for whoever asks about it.
_FORGET_OLD = text(
    """
    DELETE FROM master_data_change USING master_data_run AS run
    WHERE run.id = run_id AND run.connection = :connection AND run.finished_at < :before
      AND run.status <> 'STOPPED' AND run.confirmed_at IS NULL
    """
)

_FORGET = text("DELETE FROM master_data_change WHERE run_id = :run")

# Contained in each other is the same, which for lists is more than being contained in one of them.
# Keys for comparing names follow from the names: nobody wants to read them.
_DIFFERENT = """
    INSERT INTO master_data_change (run_id, kind, external_id, name, change, attributes, row)
    SELECT staged.run_id, staged.kind, staged.external_id, facts ->> 'name',
           CASE WHEN known.id IS NULL THEN 'created' ELSE 'changed' END,
           coalesce((
               SELECT jsonb_object_agg(after.key, jsonb_build_object(
                   'before', before.value, 'after', after.value))
               FROM jsonb_each(facts) AS after
               LEFT JOIN jsonb_each(to_jsonb(known)) AS before ON before.key = after.key
               WHERE after.value <> coalesce(before.value, 'null')
                 AND right(after.key, 4) <> '_key'), '{{}}'),
           position
    FROM master_data_staged AS staged
    LEFT JOIN {table} AS known ON known.owner_connection = :owner
        AND known.owner_external_id = staged.external_id
    WHERE staged.run_id = :run AND staged.kind = :kind AND staged.fault IS NULL
      AND (known.id IS NULL OR NOT to_jsonb(known) @> facts
           OR NOT facts @> (to_jsonb(known) - CAST(:identity AS text[])))
    ORDER BY position
"""

_VANISHED = """
    INSERT INTO master_data_change (run_id, kind, external_id, name, change, attributes)
    SELECT :run, CAST(:kind AS text), owner_external_id, name, 'vanished', '{{}}'
    FROM {table} AS known
    WHERE owner_connection = :owner AND vanished_at IS NULL
      AND (:absence_proves OR owner_external_id = ANY(:deleted)) AND NOT EXISTS (
        SELECT 1 FROM master_data_staged AS staged WHERE staged.run_id = :run
          AND staged.kind = :kind AND staged.external_id = known.owner_external_id)
    ORDER BY owner_external_id
"""

_REFUSED = text(
    """
    INSERT INTO master_data_change
        (run_id, kind, external_id, name, change, attributes, row, reason)
    SELECT run_id, kind, external_id, coalesce(facts ->> 'name', external_id), 'refused', '{}',
           position, fault
    FROM master_data_staged WHERE run_id = :run AND kind = :kind AND fault IS NOT NULL
    ORDER BY position
    """
)

_STANDING = """
    SELECT (SELECT count(*) FROM master_data_staged WHERE run_id = :run AND kind = :kind) AS listed,
           (SELECT count(*) FROM {table} WHERE owner_connection = :owner
              AND vanished_at IS NULL) AS known,
           (SELECT count(*) FROM master_data_change WHERE run_id = :run AND kind = :kind
              AND change = 'vanished') AS vanishing
"""

_COUNT = text(
    """
    UPDATE master_data_run AS run SET compared_at = :now, created = counted.created,
        changed = counted.changed, vanished = counted.vanished, refused = counted.refused,
        vanished_digest = counted.digest
    FROM (SELECT count(*) FILTER (WHERE change = 'created') AS created,
                 count(*) FILTER (WHERE change = 'changed') AS changed,
                 count(*) FILTER (WHERE change = 'vanished') AS vanished,
                 count(*) FILTER (WHERE change = 'refused') AS refused,
                 encode(sha256(convert_to(coalesce(string_agg(
                     kind || ' ' || external_id, E'\\n' ORDER BY kind, external_id)
                     FILTER (WHERE change = 'vanished'), ''), 'UTF8')), 'hex') AS digest
          FROM master_data_change WHERE run_id = :run) AS counted
    WHERE run.id = :run
    """
)


async def forget(connection: AsyncConnection, run: UUID) -> None:
    """What a try that was killed had found."""
    await connection.execute(_FORGET, {"run": run})


async def forget_old(connection: AsyncConnection, name: str, before: datetime) -> None:
    """Diffs of runs of a connection that ended so long ago; their counts stay."""
    await connection.execute(_FORGET_OLD, {"connection": name, "before": before})


async def compare(connection: AsyncConnection, run: UUID, owner: str, listed: Listed) -> Standing:
    """Write down what one list would change; returns how it stands beside what is known."""
    record = listed.record
    asked = {"run": run, "kind": record.kind, "owner": owner}
    table = record.table.__tablename__
    identity = {"identity": sorted(IDENTITY)}
    await connection.execute(text(_DIFFERENT.format(table=table)), asked | identity)
    gone = {"absence_proves": listed.absence_proves, "deleted": listed.deleted}
    await connection.execute(text(_VANISHED.format(table=table)), asked | gone)
    await connection.execute(_REFUSED, {"run": run, "kind": record.kind})
    row = (await connection.execute(text(_STANDING.format(table=table)), asked)).one()
    return Standing(record.domain, row.listed, row.known, row.vanishing, listed.partial)


async def count(connection: AsyncConnection, run: UUID, now: datetime) -> None:
    """The run has its counts: it is compared, and not read again."""
    await connection.execute(_COUNT, {"run": run, "now": now})
