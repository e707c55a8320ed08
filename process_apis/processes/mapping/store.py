"""Mappings in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from process_apis import cursors
from process_apis.database import as_dicts, as_json
from process_apis.processes.mapping.rules import Condition, Rule
from process_apis.processes.mapping.schemas import NewMapping
from process_apis.processes.mapping.tables import MappingRule, MappingState, MappingVersion
from shared.problems import NotFound

_VERSION = MappingVersion.__table__  # type: ignore[attr-defined]
_RULE = MappingRule.__table__  # type: ignore[attr-defined]

# Two drafts must not take the same number, nor two versions be published at once.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('mapping ' || :pair, 1))")

_NEXT = text(
    "SELECT coalesce(max(version), 0) + 1 FROM mapping_version"
    " WHERE tracker = :tracker AND target = :target"
)

_ADD_RULES = text(
    """
    INSERT INTO mapping_rule (mapping_id, row, conditions, target_task, billing_code, activity,
                              valid_from, valid_to)
    SELECT :mapping, row, conditions, target_task, billing_code, activity, valid_from, valid_to
    FROM jsonb_to_recordset(CAST(:rules AS jsonb)) AS rule (
        row int, conditions jsonb, target_task text, billing_code text, activity text,
        valid_from date, valid_to date)
    """
)

_TASKS = text(
    "SELECT owner_external_id FROM task WHERE owner_connection = :target"
    " AND owner_external_id = ANY(:ids) AND vanished_at IS NULL"
)

_SUPERSEDE = text(
    "UPDATE mapping_version SET state = 'SUPERSEDED'"
    " WHERE tracker = :tracker AND target = :target AND state = 'PUBLISHED'"
)
_PUBLISH = text(
    """
    UPDATE mapping_version SET state = 'PUBLISHED', published_at = :now, published_by = :actor
    WHERE id = :id
    """
)


async def lock(transaction: AsyncConnection, tracker: str, target: str) -> None:
    """Let nobody else write or publish a version of this mapping meanwhile."""
    await transaction.execute(_ONE_AT_A_TIME, {"pair": f"{tracker} {target}"})


async def add(transaction: AsyncConnection, wanted: NewMapping, actor: str, now: datetime) -> UUID:
    """A draft; the caller has locked the mapping."""
    mapping_id = uuid4()
    pair = {"tracker": wanted.tracker, "target": wanted.target}
    version = (await transaction.execute(_NEXT, pair)).scalar_one()
    await transaction.execute(
        insert(MappingVersion).values(
            id=mapping_id,
            **pair,
            version=version,
            requires=sorted(set(wanted.requires)),
            state=MappingState.DRAFT,
            created_at=now,
            created_by=actor,
        )
    )
    rules = [
        {
            **rule.model_dump(mode="json"),
            "row": row,
            "conditions": rule.conditions.model_dump(exclude_none=True),
        }
        for row, rule in enumerate(wanted.rules, 1)
    ]
    await transaction.execute(_ADD_RULES, {"mapping": mapping_id, "rules": as_json(rules)})
    return mapping_id


async def version(transaction: AsyncConnection, mapping_id: UUID) -> dict[str, Any]:
    """
    :raises NotFound: there is none with this id.
    """
    rows = await transaction.execute(select(_VERSION).where(_VERSION.c.id == mapping_id))
    found = rows.mappings().first()
    if found is None:
        raise NotFound(f"There is no mapping {mapping_id}.")
    return dict(found)


async def rules(transaction: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Rule]]:
    """The rules of versions, in the order in which they were sent."""
    statement = select(_RULE).where(_RULE.c.mapping_id.in_(ids)).order_by(_RULE.c.row)
    found: dict[UUID, list[Rule]] = {each: [] for each in ids}
    for row in as_dicts(await transaction.execute(statement)):
        conditions = {Condition(name): value for name, value in row["conditions"].items()}
        of = row.pop("mapping_id")
        found[of].append(Rule(**{**row, "conditions": conditions}))
    return found


async def versions(
    transaction: AsyncConnection,
    *,
    tracker: str | None,
    target: str | None,
    state: MappingState | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """The latest first."""
    statement = (
        select(_VERSION).order_by(_VERSION.c.created_at.desc(), _VERSION.c.id.desc()).limit(limit)
    )
    wanted = {"tracker": tracker, "target": target, "state": state}
    for name, value in wanted.items():
        if value is not None:
            statement = statement.where(_VERSION.c[name] == value)
    if before is not None:
        statement = statement.where(cursors.older(_VERSION.c.created_at, _VERSION.c.id, before))
    return as_dicts(await transaction.execute(statement))


async def published(
    transaction: AsyncConnection, trackers: Collection[str]
) -> list[dict[str, Any]]:
    """Those that hold for entries of these trackers."""
    statement = select(_VERSION).where(
        _VERSION.c.state == MappingState.PUBLISHED, _VERSION.c.tracker.in_(sorted(trackers))
    )
    return as_dicts(await transaction.execute(statement))


async def known_tasks(transaction: AsyncConnection, target: str, ids: Collection[str]) -> set[str]:
    """Those of the ids that are tasks of the ERP, and have not vanished there."""
    asked = {"target": target, "ids": sorted(ids)}
    return {row.owner_external_id for row in await transaction.execute(_TASKS, asked)}


async def publish(
    transaction: AsyncConnection, found: dict[str, Any], actor: str, now: datetime
) -> None:
    """Have a draft hold from now on, in place of the version before."""
    pair = {"tracker": found["tracker"], "target": found["target"]}
    await transaction.execute(_SUPERSEDE, pair)
    await transaction.execute(_PUBLISH, {"id": found["id"], "actor": actor, "now": now})
