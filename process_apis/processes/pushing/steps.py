"""Gives trackers masters in batches: the intent first, then the call, then what became of it.

An outcome that nobody saw is no trouble: the tracker is asked for what is there before anything is
made, so what is told again is made once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.master_data import changes
from process_apis.processes.master_data.alarms import Alarm, Tell
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.master_data.steps import Wake
from process_apis.processes.pushing import store
from process_apis.processes.pushing.schemas import PushPage, PushPlan, PushView
from process_apis.processes.pushing.tables import PushKind, PushState
from process_apis.provided import provided
from process_apis.upstream.system_tier import SystemTier
from process_apis.upstream.time_tracking import MasterTaken, MasterToTake
from shared.problems import Conflict, NotFound, TimepostProblem
from shared.stop_points import StopPoint, reached
from shared.values import Clock

BATCH = 50
_MOST_WAIT = 3600
# So often a tracker is asked before anybody is told that it cannot be.
_PATIENCE = 3


@dataclass(frozen=True)
class Pusher:
    """What giving masters needs.

    :param pairs: the ERP of each tracker that is given any.
    """

    database: Database
    system: SystemTier
    clock: Clock
    lease: timedelta
    tell: Tell
    wake: Wake
    pairs: Mapping[str, str]

    def erp_of(self, tracker: str) -> str:
        """
        :raises NotFound: this tracker is given none.
        """
        if tracker not in self.pairs:
            raise NotFound(
                f"Connection {tracker} is given no masters.",
                action="Name it in TIMEPOST_PROCESS_PUSH_MASTERS, with its ERP.",
            )
        return self.pairs[tracker]

    def trackers_of(self, erp: str) -> list[str]:
        """Those that are given what this ERP has."""
        return sorted(tracker for tracker, source in self.pairs.items() if source == erp)


ThePusher = Annotated[Pusher, provided("pusher")]


async def plan_if_due(pusher: Pusher, tracker: str) -> None:
    """Note what a tracker is to have, if its ERP was read since that was last done."""
    erp = pusher.pairs.get(tracker)
    if erp is None:
        return  # what it was to have before it was taken out of the settings is still given
    async with pusher.database.transaction() as transaction:
        if await store.to_plan(transaction, {tracker: erp}):
            await store.plan(transaction, tracker, erp, pusher.clock.now())


async def push(pusher: Pusher, tracker: str) -> int:
    """Give one batch; how many it was."""
    token = uuid4()
    async with pusher.database.transaction() as transaction:
        now = pusher.clock.now()
        rows = await store.claim(transaction, tracker, token, now, pusher.lease, BATCH)
    if not rows:
        return 0
    reached(StopPoint.PUSH_CLAIMED)
    outcomes = await _give(pusher, tracker, rows, now + pusher.lease / 2)
    reached(StopPoint.PUSH_ANSWERED)
    async with pusher.database.transaction() as transaction:
        await _settle(transaction, pusher, tracker, token, rows, outcomes)
    return len(rows)


async def _give(
    pusher: Pusher, tracker: str, rows: Sequence[Mapping[str, Any]], deadline: datetime
) -> dict[str, MasterTaken]:
    """What the tracker says of each, by reference; nothing if it cannot be reached."""
    items = [
        MasterToTake(
            kind=row["kind"],
            reference=row["reference"],
            name=row["wanted"]["name"],
            external_id=row["tracker_id"],
            known_as=row["known_as"][-20:],
            client_id=row["parent_id"] if row["kind"] == PushKind.PROJECT else None,
            project_id=row["parent_id"] if row["kind"] == PushKind.TASK else None,
            open=row["wanted"]["open"],
            billable=row["wanted"]["billable"],
        )
        for row in rows
    ]
    try:
        taken = await pusher.system.take_masters(tracker, items, deadline)
    except TimepostProblem as problem:
        return {
            item.reference: MasterTaken(
                reference=item.reference, status="retry", message=problem.detail
            )
            for item in items
        }
    return {each.reference: each for each in taken.outcomes}


async def _settle(
    transaction: AsyncConnection,
    pusher: Pusher,
    tracker: str,
    token: UUID,
    rows: Sequence[Mapping[str, Any]],
    outcomes: Mapping[str, MasterTaken],
) -> None:
    now = pusher.clock.now()
    settled, made = [], {}
    for row in rows:
        outcome = outcomes.get(row["reference"]) or MasterTaken(
            reference=row["reference"], status="retry", message="nothing was said of it"
        )
        state = _STATES[outcome.status]
        wait = _wait_after(row["attempts"]) if state is PushState.PENDING else timedelta()
        settled.append(
            {
                "id": row["id"],
                "state": state,
                "tracker_id": outcome.external_id,
                "message": outcome.message,
                "due_at": now + wait,
                "wanted": row["wanted"],
            }
        )
        if state is PushState.DONE:
            made[row["id"]] = {
                "kind": row["kind"],
                "record_id": row["record_id"],
                "external_id": outcome.external_id,
            }
    kept = await store.settle(transaction, tracker, token, settled, now)
    ours = [made[each] for each in made if each in kept]
    await store.bind(transaction, tracker, ours, now)
    news = {
        dependency_key(f"binding-{each['kind']}", tracker, each["external_id"]): (
            f"{each['kind']} {each['external_id']} of {tracker} was made there {changes.at(now)}"
        )
        for each in ours
    }
    await pusher.wake(transaction, news)
    await _tell_stewards(transaction, pusher, tracker, now)


async def _tell_stewards(
    transaction: AsyncConnection, pusher: Pusher, tracker: str, now: datetime
) -> None:
    rows = await store.standing(transaction, tracker, _PATIENCE)
    said = "; ".join(_said(row) for row in rows)
    over = None if rows else "the tracker has all that it was given"
    await pusher.tell(transaction, Alarm("MD_PUSH_REFUSED", tracker, now, said, over))


def _said(row: Mapping[str, Any]) -> str:
    message = (row["message"] or "no reason was given").rstrip(".")
    if row["state"] == PushState.PENDING:
        return f"{row['number']} waiting ({message})"
    more = f", and {row['number'] - 1} more" if row["number"] > 1 else ""
    return f"{row['name']} ({message}){more}"


_STATES = {
    "done": PushState.DONE,
    "taken": PushState.TAKEN,
    "refused": PushState.REFUSED,
    "retry": PushState.PENDING,
}


def _wait_after(attempts: int) -> timedelta:
    return timedelta(seconds=min(5 * 2**attempts, _MOST_WAIT))


async def begin(pusher: Pusher, doorbell: Doorbell, tracker: str, *, dry_run: bool) -> PushPlan:
    """Note what a tracker is to have and begin to give it; or only tell what that would be.

    :raises NotFound: this tracker is given none.
    """
    erp = pusher.erp_of(tracker)
    async with pusher.database.transaction() as transaction:
        nested = await transaction.begin_nested()
        changed = await store.plan(transaction, tracker, erp, pusher.clock.now())
        found = PushPlan(
            tracker=tracker,
            erp=erp,
            changed=changed,
            states=await store.counts(transaction, tracker),
        )
        if dry_run:
            await nested.rollback()
    if not dry_run:
        doorbell.ring(Stage.PUSH, tracker)
    return found


async def listed(
    pusher: Pusher,
    tracker: str,
    state: PushState | None,
    kind: PushKind | None,
    after: UUID | None,
    limit: int,
) -> PushPage:
    """One page, by id.

    :raises NotFound: this tracker is given none.
    """
    pusher.erp_of(tracker)
    async with pusher.database.transaction() as transaction:
        found = await store.page(
            transaction, tracker=tracker, state=state, kind=kind, after=after, limit=limit + 1
        )
        states = await store.counts(transaction, tracker)
    page = [_view(row) for row in found[:limit]]
    following = page[-1].id if len(found) > limit else None
    return PushPage(states=states, pushes=page, next_after=following)


async def retry(pusher: Pusher, doorbell: Doorbell, push_id: UUID) -> PushView:
    """Take up one that was refused, or that people had taken the name of.

    :raises Conflict: it was neither.
    """
    async with pusher.database.transaction() as transaction:
        row = await store.retry(transaction, push_id, pusher.clock.now())
        if row is None:
            raise Conflict(
                f"Push {push_id} was not refused.",
                code="push_not_refused",
                action="Only what is REFUSED or TAKEN is tried again; all else goes on by itself.",
            )
        await _tell_stewards(transaction, pusher, row["tracker"], pusher.clock.now())
    doorbell.ring(Stage.PUSH, row["tracker"])
    return _view(row)


def _view(row: Mapping[str, Any]) -> PushView:
    return PushView.model_validate({**row, **row["wanted"]})
