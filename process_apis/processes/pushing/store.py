"""Pushes in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from process_apis.database import as_dicts, as_json
from process_apis.processes.connections import gates
from process_apis.processes.master_data.tables import Binding, BindingOrigin
from process_apis.processes.pushing.tables import MasterPush, PushKind, PushState

_PUSH = MasterPush.__table__  # type: ignore[attr-defined]

# The code stands in front of the name: trackers have no field for it.
_NAMED = """left(CASE WHEN {0}.code IS NULL OR starts_with({0}.name, {0}.code)
                      THEN {0}.name
                 ELSE {0}.code || ' ' || {0}.name END, 250)"""

# What is closed is told where it was told as open; otherwise nobody has to know of it. What people
# bound to a record of the ERP themselves is theirs, and so are the tasks within it.
_PLAN = text(
    f"""
    WITH masters AS (
        SELECT 'client' AS kind, client.id, client.owner_external_id, left(name, 250) AS name,
               vanished_at IS NULL AS open, true AS billable, CAST(NULL AS uuid) AS parent
        FROM client WHERE owner_connection = :erp
        UNION ALL
        SELECT 'project', project.id, project.owner_external_id, {_NAMED.format("project")},
               project.status = 'OPEN' AND project.vanished_at IS NULL,
               project.client_external_id IS NOT NULL, client.id
        FROM project LEFT JOIN client ON client.owner_connection = project.owner_connection
          AND client.owner_external_id = project.client_external_id
        WHERE project.owner_connection = :erp
        UNION ALL
        SELECT 'task', task.id, task.owner_external_id, {_NAMED.format("task")},
               task.status = 'OPEN' AND task.vanished_at IS NULL AND project.status = 'OPEN'
                   AND project.vanished_at IS NULL, true, project.id
        FROM task JOIN project ON project.owner_connection = task.owner_connection
          AND project.owner_external_id = task.project_external_id
        WHERE task.owner_connection = :erp
    ), wanted AS (
        SELECT masters.*, known.id IS NOT NULL AS is_known, bound.external_id AS bound,
               jsonb_build_object('name', name, 'open', open, 'billable', billable,
                                  'parent', masters.parent) AS wanted
        FROM masters
        LEFT JOIN master_push AS known
          ON known.tracker = :tracker AND known.record_id = masters.id
        LEFT JOIN LATERAL (
            SELECT external_id FROM binding WHERE binding.connection = :tracker
              AND binding.canonical_id = masters.id AND binding.archived_at IS NULL
            ORDER BY created_at LIMIT 1) AS bound ON known.id IS NULL
    )
    INSERT INTO master_push (id, tracker, erp, kind, record_id, reference, wanted, state,
                             tracker_id, told_names, attempts, due_at, updated_at)
    SELECT gen_random_uuid(), :tracker, :erp, kind, id,
           left(:erp || '/' || kind || '/' || owner_external_id, 200), wanted,
           CASE WHEN bound IS NULL THEN 'PENDING' ELSE 'TAKEN' END, bound, '{{}}', 0, :now, :now
    FROM wanted WHERE open OR is_known
    ON CONFLICT (tracker, record_id) DO UPDATE SET wanted = excluded.wanted, state = 'PENDING',
        attempts = 0, message = NULL, due_at = excluded.due_at, updated_at = excluded.updated_at
    WHERE master_push.wanted <> excluded.wanted AND master_push.state <> 'TAKEN'
    """  # noqa: S608 - our own fragment
)

# Tasks within a project that is people's own are people's own.
_LEAVE_TASKS = text(
    """
    UPDATE master_push AS task SET state = 'TAKEN', message = 'its project is people''s own',
        updated_at = :now
    FROM master_push AS project
    WHERE task.tracker = :tracker AND task.kind = 'task' AND task.state = 'PENDING'
      AND project.tracker = task.tracker AND project.state = 'TAKEN'
      AND project.record_id = (task.wanted ->> 'parent')::uuid
    """
)

# A project waits for its client, and a task for its project.
_CLAIM = text(
    f"""
    WITH due AS (
        SELECT push.id, parent.tracker_id AS parent_id, push.told_names AS known_as
        FROM master_push AS push
        LEFT JOIN master_push AS parent ON parent.tracker = push.tracker
          AND parent.record_id = (push.wanted ->> 'parent')::uuid
        WHERE push.tracker = :tracker AND push.state = 'PENDING' AND push.due_at <= :now
          AND (push.lease_until IS NULL OR push.lease_until <= :now)
          AND (push.wanted ->> 'parent' IS NULL OR parent.tracker_id IS NOT NULL
               OR parent.id IS NULL AND push.kind = 'project')
          AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                          WHERE gate.connection = :tracker AND {gates.STOPPED})
        ORDER BY push.due_at, push.kind, push.id LIMIT :limit FOR UPDATE OF push SKIP LOCKED
    )
    UPDATE master_push AS push SET lease_token = :token, lease_until = :lease_until,
        attempts = attempts + 1, told_names = CASE
            WHEN push.wanted ->> 'name' = ANY(push.told_names) THEN push.told_names
            ELSE push.told_names || (push.wanted ->> 'name') END
    FROM due WHERE push.id = due.id
    RETURNING push.id, push.kind, push.record_id, push.reference, push.wanted, push.tracker_id,
              push.attempts, due.parent_id, due.known_as
    """  # noqa: S608 - our own fragment
)

# What has changed in the ERP meanwhile is told next.
_SETTLE = text(
    """
    UPDATE master_push AS push SET
        state = CASE WHEN settled.state <> 'TAKEN' AND push.wanted <> settled.wanted
                     THEN 'PENDING' ELSE settled.state END,
        told_names = CASE WHEN settled.state = 'PENDING' THEN push.told_names ELSE '{}' END,
        tracker_id = coalesce(settled.tracker_id, push.tracker_id), message = settled.message,
        due_at = settled.due_at, lease_until = NULL, lease_token = NULL, updated_at = :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS settled (
        id uuid, state text, tracker_id text, message text, due_at timestamptz, wanted jsonb)
    WHERE push.id = settled.id AND push.lease_token = :token
    RETURNING push.id
    """
)
_RETRY = text(
    """
    UPDATE master_push SET state = 'PENDING', attempts = 0, message = NULL, due_at = :now,
        tracker_id = CASE WHEN state = 'TAKEN' THEN NULL ELSE tracker_id END, updated_at = :now
    WHERE id = :id AND state IN ('REFUSED', 'TAKEN') RETURNING *
    """
)
_STANDING = text(
    """
    SELECT DISTINCT ON (state) state, count(*) OVER (PARTITION BY state) AS number,
           wanted ->> 'name' AS name, message
    FROM master_push WHERE tracker = :tracker
      AND (state = 'REFUSED' OR state = 'PENDING' AND attempts >= :patience)
    ORDER BY state DESC, updated_at, id
    """
)
_DUE = text(
    """
    SELECT pair.tracker
    FROM jsonb_to_recordset(CAST(:pairs AS jsonb)) AS pair (tracker text, erp text)
    LEFT JOIN push_plan AS plan ON plan.tracker = pair.tracker
    WHERE EXISTS (SELECT FROM master_data_run AS run WHERE run.connection = pair.erp
        AND run.status = 'DONE' AND NOT run.dry_run
        AND (plan.planned_at IS NULL OR run.finished_at >= plan.planned_at))
    ORDER BY pair.tracker
    """
)
_PLANNED = text(
    """
    INSERT INTO push_plan (tracker, planned_at) VALUES (:tracker, :now)
    ON CONFLICT (tracker) DO UPDATE SET planned_at = excluded.planned_at
    """
)
_COUNTS = text(
    """
    SELECT state, count(*) AS number FROM master_push WHERE tracker = :tracker
    GROUP BY state ORDER BY state
    """
)


async def plan(transaction: AsyncConnection, tracker: str, erp: str, now: datetime) -> int:
    """Note what the tracker is to have, as the ERP's masters stand; how much is new of that."""
    asked = {"tracker": tracker, "erp": erp, "now": now}
    # First of all: the row is locked until this transaction ends.
    await transaction.execute(_PLANNED, {"tracker": tracker, "now": now})
    planned = (await transaction.execute(_PLAN, asked)).rowcount
    await transaction.execute(_LEAVE_TASKS, {"tracker": tracker, "now": now})
    return planned


async def to_plan(transaction: AsyncConnection, pairs: Mapping[str, str]) -> list[str]:
    """Trackers whose ERP was read since they were last compared with it.

    :param pairs: the ERP of each tracker.
    """
    rows = [{"tracker": tracker, "erp": erp} for tracker, erp in pairs.items()]
    return [row.tracker for row in await transaction.execute(_DUE, {"pairs": as_json(rows)})]


async def claim(
    transaction: AsyncConnection,
    tracker: str,
    token: UUID,
    now: datetime,
    lease: timedelta,
    limit: int,
) -> list[dict[str, Any]]:
    """Some that are due, clients first; nobody else takes them before the lease is over."""
    asked = {"tracker": tracker, "token": token, "now": now, "limit": limit}
    rows = await transaction.execute(_CLAIM, {**asked, "lease_until": now + lease})
    return as_dicts(rows)


async def settle(
    transaction: AsyncConnection,
    tracker: str,
    token: UUID,
    rows: Sequence[dict[str, Any]],
    now: datetime,
) -> set[UUID]:
    """Write what became of those that are still ours; which those are."""
    asked = {"rows": as_json(list(rows)), "token": token, "now": now}
    kept = {row.id for row in await transaction.execute(_SETTLE, asked)}
    await transaction.execute(_LEAVE_TASKS, {"tracker": tracker, "now": now})
    return kept


async def bind(
    transaction: AsyncConnection, tracker: str, made: Sequence[dict[str, Any]], now: datetime
) -> None:
    """What we made in a tracker is the record that it was made for; a binding by hand stays."""
    rows = [
        {
            "connection": tracker,
            "kind": each["kind"],
            "external_id": each["external_id"],
            "canonical_id": each["record_id"],
            "origin": BindingOrigin.PUSHED,
            "created_at": now,
            "created_by": "timepost",
        }
        for each in made
    ]
    if rows:
        await transaction.execute(insert(Binding).on_conflict_do_nothing(), rows)


async def retry(
    transaction: AsyncConnection, push_id: UUID, now: datetime
) -> dict[str, Any] | None:
    """Take one up again that was refused or taken; the row, or None if it was neither."""
    rows = as_dicts(await transaction.execute(_RETRY, {"id": push_id, "now": now}))
    return rows[0] if rows else None


async def standing(
    transaction: AsyncConnection, tracker: str, patience: int
) -> list[dict[str, Any]]:
    """What the tracker refuses, and what it was asked for so often, with one example of each."""
    asked = {"tracker": tracker, "patience": patience}
    return as_dicts(await transaction.execute(_STANDING, asked))


async def counts(transaction: AsyncConnection, tracker: str) -> dict[str, int]:
    """By state."""
    rows = await transaction.execute(_COUNTS, {"tracker": tracker})
    return {row.state: row.number for row in rows}


async def page(
    transaction: AsyncConnection,
    *,
    tracker: str,
    state: PushState | None,
    kind: PushKind | None,
    after: UUID | None,
    limit: int,
) -> list[dict[str, Any]]:
    """By id."""
    statement = select(_PUSH).where(_PUSH.c.tracker == tracker).order_by(_PUSH.c.id).limit(limit)
    if state is not None:
        statement = statement.where(_PUSH.c.state == state)
    if kind is not None:
        statement = statement.where(_PUSH.c.kind == kind)
    if after is not None:
        statement = statement.where(_PUSH.c.id > after)
    return as_dicts(await transaction.execute(statement))
