"""From CloudEvents to committed hints."""

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.connections import store as connections
from process_apis.processes.intake import quarantine, store
from process_apis.processes.intake.quarantine import Unreadable
from process_apis.processes.intake.schemas import (
    ApprovalChanged,
    EntryChanged,
    Event,
    MasterChanged,
    Receipt,
    ReplayResult,
    WebhookUnreadable,
)
from process_apis.processes.intake.store import Arrival
from process_apis.processes.intake.tables import EventKind
from process_apis.upstream.connections import Capability
from process_apis.upstream.system_tier import SystemTier
from process_apis.upstream.time_tracking import TrackerEvent
from shared.stop_points import StopPoint, reached
from shared.telemetry import carry
from shared.values import Clock

STAGE_OF = {EventKind.ENTRY: Stage.READ_ENTRIES, EventKind.APPROVAL: Stage.READ_APPROVALS}


async def take_in(
    events: Sequence[Event], database: Database, doorbell: Doorbell, clock: Clock
) -> Receipt:
    """Commit a batch, then wake the workers; what is returned is true before it is said."""
    now = clock.now()
    arrivals = [
        _arrival(each) for each in events if isinstance(each, EntryChanged | ApprovalChanged)
    ]
    hints = Counter(each.connection for each in events if isinstance(each, MasterChanged))
    unreadable = [_unreadable(each) for each in events if isinstance(each, WebhookUnreadable)]
    async with database.transaction() as transaction:
        accepted = await store.commit_arrivals(transaction, arrivals, now)
        accepted += await _note_hints(transaction, hints, now)
        for delivery in unreadable:
            accepted += await quarantine.hold(transaction, delivery, now)
    reached(StopPoint.INBOX_COMMITTED)
    _ring(doorbell, arrivals)
    return Receipt(accepted=accepted, duplicates=len(events) - accepted)


async def replay(
    delivery_id: UUID,
    actor: str,
    database: Database,
    system: SystemTier,
    doorbell: Doorbell,
    clock: Clock,
) -> ReplayResult:
    """Have a kept delivery read again, now that its connector can.

    :raises NotFound: there is no such delivery.
    :raises UpstreamRefused: it still cannot be read; it stays where it is.
    """
    async with database.transaction() as transaction:
        kept = await quarantine.held(transaction, delivery_id)
        known = {each.name: each.capability for each in await connections.known(transaction)}
    name = kept.summary.connection
    arrivals, hints = await _read_again(system, known.get(name), kept)
    now = clock.now()
    async with database.transaction() as transaction:
        await store.commit_arrivals(transaction, arrivals, now)
        await _note_hints(transaction, Counter({name: hints}), now)
        await quarantine.mark_replayed(transaction, delivery_id, actor, now)
        after = await quarantine.held(transaction, delivery_id)
    _ring(doorbell, arrivals)
    return ReplayResult(delivery=after.summary, events=len(arrivals) + hints)


async def _read_again(
    system: SystemTier, capability: Capability | None, kept: quarantine.Held
) -> tuple[list[Arrival], int]:
    """What a kept delivery means: arrivals, and how many hints about masters."""
    name, body = kept.summary.connection, b64encode(kept.body).decode()
    if capability in ("hcm", "crm"):
        told = await system.parse_master_webhook(capability, name, kept.headers, body)
        return [], len(told.events)
    parsed = await system.parse_webhook(name, kept.headers, body)
    content_key = hashlib.sha256(kept.body).hexdigest()
    arrivals = [
        _replayed(name, event, content_key, index) for index, event in enumerate(parsed.events)
    ]
    return arrivals, 0


async def _note_hints(transaction: AsyncConnection, hints: Counter[str], now: datetime) -> int:
    """Hints about masters need no rows: one reading, which is due from now on, serves them all."""
    for name, total in sorted(hints.items()):
        await store.count(transaction, name, "master_hint", total)
        await connections.note_hint(transaction, name, now)
    return hints.total()


def _ring(doorbell: Doorbell, arrivals: Sequence[Arrival]) -> None:
    for name, kind in sorted({(each.connection, each.kind) for each in arrivals}):
        doorbell.ring(STAGE_OF[EventKind(kind)], name)


def _arrival(event: EntryChanged | ApprovalChanged) -> Arrival:
    carrier = {"traceparent": event.traceparent} if event.traceparent else carry()
    if isinstance(event, ApprovalChanged):
        return Arrival(
            connection=event.connection,
            kind=EventKind.APPROVAL,
            subject=event.subject,
            delivery_id=event.deliveryid,
            content_key=event.id,
            origin="webhook",
            carrier=carrier,
        )
    full = event.data.entry is not None or event.data.final
    return Arrival(
        connection=event.connection,
        kind=EventKind.ENTRY,
        subject=event.subject,
        delivery_id=event.deliveryid,
        content_key=event.id,
        origin="upload" if event.data.bulk else "webhook",
        payload=event.data if full else None,
        carrier=carrier,
    )


def _unreadable(event: WebhookUnreadable) -> Unreadable:
    return Unreadable(
        connection=event.connection,
        content_key=event.id,
        headers=event.data.headers,
        body=event.data.body_base64,
        reason=event.data.reason,
    )


def _replayed(connection: str, event: TrackerEvent, content_key: str, index: int) -> Arrival:
    """A delivery's id counts once, so each of its events has one of its own."""
    numbered = f"{event.delivery_id}#{index}" if index else event.delivery_id
    kind = EventKind.APPROVAL if "approval" in event.type else EventKind.ENTRY
    full = event.entry is not None or event.final
    carried = event.model_dump(mode="json", include={"change", "entry", "final"})
    return Arrival(
        connection=connection,
        kind=kind,
        subject=event.subject,
        delivery_id=numbered if event.delivery_id else None,
        content_key=f"{content_key}:{index}",
        origin="replay",
        payload=carried if full else None,
        carrier=carry(),
    )
