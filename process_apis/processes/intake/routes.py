"""Routes of `intake`: events in, quarantine looked at and replayed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body

from process_apis.clock import TheClock
from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.intake import quarantine, steps
from process_apis.processes.intake.schemas import (
    EventBatch,
    QuarantinePage,
    Receipt,
    ReplayResult,
)
from process_apis.upstream.system_tier import TheSystemTier
from shared.identity import Principal, requires
from shared.problems import NotFound, UpstreamRefused, UpstreamUnavailable
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["intake"])


@router.post(
    "/events",
    status_code=202,
    operation_id="accept_events",
    summary="Accept a batch of events",
    description="CloudEvents 1.0 in batched mode. The answer is sent after they are committed.",
    dependencies=[requires("events:write")],
)
@throttled("60000/minute")
async def accept_events(
    events: Annotated[EventBatch, Body(media_type="application/cloudevents-batch+json")],
    database: TheDatabase,
    doorbell: TheDoorbell,
    clock: TheClock,
) -> Receipt:
    return await steps.take_in(events, database, doorbell, clock)


@router.get(
    "/quarantine",
    operation_id="list_quarantine",
    summary="Deliveries that could not be read",
    description="The newest hundred, without their bodies, which may hold narrative text.",
    dependencies=[requires("quarantine:read")],
)
@throttled("300/minute")
async def list_quarantine(database: TheDatabase) -> QuarantinePage:
    async with database.transaction() as transaction:
        return QuarantinePage(deliveries=await quarantine.newest(transaction, 100))


@router.post(
    "/quarantine/{delivery_id}/replay",
    operation_id="replay_quarantined",
    summary="Have a kept delivery read again",
    description="Repeating it is harmless: what the delivery means is read again from its source.",
    responses=problem_responses(NotFound, UpstreamRefused, UpstreamUnavailable),
)
@throttled("60/minute")
async def replay_quarantined(
    delivery_id: UUID,
    caller: Annotated[Principal, requires("quarantine:replay")],
    database: TheDatabase,
    system: TheSystemTier,
    doorbell: TheDoorbell,
    clock: TheClock,
) -> ReplayResult:
    return await steps.replay(delivery_id, caller.subject, database, system, doorbell, clock)
