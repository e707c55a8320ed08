"""Writes and publishes mappings."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis import cursors
from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.connections import store as connections
from process_apis.processes.mapping import checking, store
from process_apis.processes.mapping.keys import mapping_key
from process_apis.processes.mapping.rules import Condition, Given, Rule
from process_apis.processes.mapping.schemas import (
    MappingDetail,
    MappingPage,
    MappingView,
    NewMapping,
    RuleView,
)
from process_apis.processes.mapping.tables import MappingState
from process_apis.processes.master_data import changes
from process_apis.processes.master_data.steps import Librarian
from process_apis.publishing import require_second_person
from process_apis.rows import refuse
from shared.identity import Principal
from shared.problems import Conflict
from shared.stop_points import StopPoint, reached


async def draft(librarian: Librarian, wanted: NewMapping, caller: Principal) -> MappingDetail:
    """Keep a draft, if each of its rules makes sense.

    :raises NotFound: there is no such connection.
    :raises ValidationFailed: names each row and field that does not.
    """
    rules = [
        Rule(
            row,
            {
                Condition(name): value
                for name, value in each.conditions.model_dump(exclude_none=True).items()
            },
            each.target_task,
            each.billing_code,
            each.activity,
            each.valid_from,
            each.valid_to,
        )
        for row, each in enumerate(wanted.rules, 1)
    ]
    async with librarian.database.transaction() as transaction:
        await connections.require(transaction, wanted.tracker, "time_tracking")
        await connections.require(transaction, wanted.target, "erp")
        await _check(
            transaction, wanted.target, wanted.requires, rules, "Some rules make no sense."
        )
        await store.lock(transaction, wanted.tracker, wanted.target)
        now = librarian.clock.now()
        mapping_id = await store.add(transaction, wanted, caller.subject, now)
        return await _read(transaction, mapping_id)


async def _check(
    transaction: AsyncConnection, target: str, requires: list[Given], rules: list[Rule], why: str
) -> None:
    named = {rule.target_task for rule in rules if rule.target_task is not None}
    tasks = await store.known_tasks(transaction, target, named)
    refuse(why, checking.faults(rules, requires, tasks), "rules")


async def read(librarian: Librarian, mapping_id: UUID) -> MappingDetail:
    """
    :raises NotFound: there is none with this id.
    """
    async with librarian.database.transaction() as transaction:
        return await _read(transaction, mapping_id)


async def _read(transaction: AsyncConnection, mapping_id: UUID) -> MappingDetail:
    found = await store.version(transaction, mapping_id)
    rules = (await store.rules(transaction, [mapping_id]))[mapping_id]
    return MappingDetail(
        mapping=MappingView.model_validate(found),
        rules=[RuleView.model_validate(vars(rule)) for rule in rules],
    )


async def listed(
    librarian: Librarian,
    *,
    tracker: str | None,
    target: str | None,
    state: MappingState | None,
    cursor: str | None,
    limit: int,
) -> MappingPage:
    """One page, the latest first."""
    before = cursors.decode(cursor)
    async with librarian.database.transaction() as transaction:
        found = await store.versions(
            transaction,
            tracker=tracker,
            target=target,
            state=state,
            before=before,
            limit=limit + 1,
        )
    page = [MappingView.model_validate(row) for row in found[:limit]]
    more = len(found) > limit
    return MappingPage(
        mappings=page,
        next_cursor=cursors.encode(page[-1].created_at, page[-1].id) if more else None,
    )


async def publish(
    librarian: Librarian, doorbell: Doorbell, mapping_id: UUID, caller: Principal
) -> MappingDetail:
    """Have a draft hold; what waits for the mapping is judged again in the same transaction.

    What was sent, or is held back by finance, is not touched.

    :raises NotFound: there is none with this id.
    :raises Forbidden: whoever wrote it publishes it.
    :raises Conflict: it is no draft any more.
    :raises ValidationFailed: names each row that does not fit what the ERP knows now.
    """
    async with librarian.database.transaction() as transaction:
        found = await store.version(transaction, mapping_id)
        require_second_person(found["created_by"], caller, "a mapping")
        await store.lock(transaction, found["tracker"], found["target"])
        # Only now: somebody else may have published it meanwhile.
        found = await store.version(transaction, mapping_id)
        if found["state"] != MappingState.DRAFT:
            raise Conflict(f"Mapping {mapping_id} is no draft.", code="mapping_not_draft")
        rules = (await store.rules(transaction, [mapping_id]))[mapping_id]
        why = "The mapping cannot be published like this."
        await _check(transaction, found["target"], found["requires"], rules, why)
        now = librarian.clock.now()
        await store.publish(transaction, found, caller.subject, now)
        await _wake(librarian, transaction, found, caller)
        published = await _read(transaction, mapping_id)
    reached(StopPoint.MAPPING_PUBLISHED)
    doorbell.ring(Stage.VALIDATE)
    return published


async def _wake(
    librarian: Librarian,
    transaction: AsyncConnection,
    found: dict[str, Any],
    caller: Principal,
) -> None:
    words = (
        f"mapping of {found['tracker']} to {found['target']} version {found['version']} was "
        f"published by {caller.subject} {changes.at(librarian.clock.now())}"
    )
    await librarian.wake(transaction, {mapping_key(found["tracker"], found["target"]): words})
