"""Has the tier work: one due stage, all of them, until nothing moves, or until it is stopped."""

import asyncio
from typing import Any
from uuid import uuid4

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.processes.posting import claiming
from process_apis.tests.conftest import LEASE, Tier
from process_apis.tests.properties.model_erp import ModelErp
from process_apis.tests.system_stand_in import ERP, TRACKER

Json = dict[str, Any]
# What comes back by the clock alone, whether or not there is anything to do.
SCHEDULED = {Stage.MASTERS, Stage.SWEEP, Stage.COMPARE}
UNSETTLED = {"RECEIVED", "READY", "SENDING", "IN_DOUBT"}
# From judging to sending it takes one look for each stage in between.
LOOKS = 3
ENDED = {"POSTED", "REVERSED", "SUPERSEDED", "WAIVED"}


async def due(tier: Tier) -> list[schedule.Due]:
    """Stages that have something to do right now."""
    found = await schedule.due(tier.runtime)
    return sorted({each for each in found if each[0] not in SCHEDULED})


async def work(tier: Tier, choice: int) -> None:
    """One of them."""
    stages = await due(tier)
    if stages:
        await tier.worker.work(*stages[choice % len(stages)])


async def work_all(tier: Tier) -> None:
    """What is due now, once."""
    for stage, connection in await due(tier):
        await tier.worker.work(stage, connection)


async def let_pass(tier: Tier, rounds: int, seconds: float) -> None:
    """Time, with workers that do what comes due, and then what that has left to do.

    Workers look every few seconds. With one look in half an hour, what waits would be judged again
    at each of them, and never be seen between two judgements.
    """
    for _ in range(rounds):
        tier.clock.move(seconds)
        for _ in range(LOOKS):
            await work_all(tier)


async def drain(tier: Tier) -> None:
    """Until nothing moves any more."""
    before: list[Json] = []
    for _ in range(40):
        await let_pass(tier, 1, 2 * LEASE)
        after = await everything(tier)
        if before == after and not any(_is_unsettled(each) for each in after):
            return
        before = after
    states = sorted((each["kind"], each["state"], str(each["code"])) for each in after)
    raise AssertionError(f"it does not come to rest: {states}")


def _is_unsettled(posting: Json) -> bool:
    """A reversal is looked at when its replacement is valid, which may need a person."""
    waits = (posting["kind"], posting["state"]) == ("REVERSAL", "RECEIVED")
    return posting["state"] in UNSETTLED and not waits


async def read_masters(tier: Tier, erp: ModelErp) -> None:
    await tier.worker.work(Stage.MASTERS, ERP)
    if erp.masters_status == 200:
        erp.masters_were_read()


async def everything(tier: Tier) -> list[Json]:
    """All postings."""
    answer = await tier.call("GET", "/v1/postings", params={"limit": "500"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return sorted(
        ({**each, "updated_at": None, "due_at": None} for each in answer.json()["postings"]),
        key=lambda each: str(each["id"]),
    )


async def stop_before_sending(tier: Tier) -> None:
    """A worker that has committed the intent to send, and never sends."""
    abilities = await tier.runtime.ledger.abilities(ERP)
    await claiming.claim(tier.runtime.ledger, ERP, uuid4(), abilities)


async def stop_at(tier: Tier, erp: ModelErp, stage: Stage, name: str, place: str) -> None:
    """A worker that ends while it waits for an answer; the other side does what it was asked."""
    erp.held.clear()
    erp.hold = place
    working = asyncio.create_task(tier.worker.work(stage, name))
    while not working.done() and not erp.held.is_set():  # noqa: ASYNC110 - of another thread
        await asyncio.sleep(0.002)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    erp.hold = ""


async def retry_cases(tier: Tier) -> None:
    """A person has all that is wrong judged again."""
    for case in await open_cases(tier):
        await tier.call("POST", f"/v1/cases/{case['id']}/retry")


async def open_cases(tier: Tier) -> list[Json]:
    answer = await tier.call("GET", "/v1/cases", params={"limit": "200"})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["cases"])


async def replay(tier: Tier) -> None:
    """A person replays whatever of the tracker's can be replayed."""
    scope = {"kind": "connection", "connection": TRACKER}
    shown = await tier.call("POST", "/v1/replays/dry-run", json={"scope": scope})
    if shown.status_code != 200:
        return
    body = {"scope": scope, "hash": shown.json()["hash"]}
    headers = {"Idempotency-Key": str(uuid4())}
    started = await tier.call("POST", "/v1/replays", json=body, headers=headers)
    assert started.status_code in (202, 409), started.text
    await tier.worker.work(Stage.REPLAY, "")


async def push(tier: Tier, entry: Json) -> None:
    """A webhook that carries the entry, from a tracker that can be asked as well."""
    event = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": f"/connections/{TRACKER}",
        "type": "timepost.time_entry.changed.v1",
        "subject": entry["external_id"],
        "data": {"change": "CHANGED", "entry": entry, "final": False},
    }
    answer = await tier.call("POST", "/v1/events", json=[event])
    assert answer.status_code == 202, answer.text


async def entries(tier: Tier) -> dict[str, Json]:
    """Entries as Timepost has them, by name."""
    answer = await tier.call("GET", "/v1/time-entries", params={"limit": "100"})
    assert answer.status_code == 200, answer.text
    return {each["external_id"]: each for each in answer.json()["entries"]}
