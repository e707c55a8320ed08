"""Reads what hints point to, and commits what was seen, in batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from process_apis.database import Database
from process_apis.processes.intake import store as inbox
from process_apis.processes.intake.store import Claimed
from process_apis.processes.intake.tables import EventKind
from process_apis.processes.time_entries import approvals, recording, store
from process_apis.processes.time_entries.rules import Decision, Observation
from process_apis.processes.time_entries.transitions import Actor
from process_apis.upstream.system_tier import CONTRACT_BROKEN, SystemTier
from process_apis.upstream.time_tracking import (
    Approval,
    ApprovalsFound,
    EntriesFound,
    EntryApproval,
    TimeEntry,
)
from shared.problems import TimepostProblem, UpstreamRefused
from shared.stop_points import StopPoint, reached
from shared.telemetry import resume
from shared.values import Clock

_log = structlog.get_logger("timepost.time_entries")

BATCH = 200
APPROVALS_AT_ONCE = 20
COMPARISON = "comparison"
_WAITS = (5, 15, 60, 300)


@dataclass(frozen=True)
class Reader:
    """What reading needs.

    :param sweep_days: how far back in work dates a sweep compares approvals.
    :param lease: how long a hint is ours; another worker reads it again after that.
    :param ours_to_approve: connections whose approvals Timepost gives; what their trackers say
        about approvals does not count.
    :param told: which entries' trackers were told something lately.
    """

    database: Database
    system: SystemTier
    clock: Clock
    sweep_days: int = 62
    lease: timedelta = timedelta(seconds=120)
    ours_to_approve: frozenset[str] = frozenset()
    told: recording.Told | None = None


async def read_entries(reader: Reader, connection: str) -> int:
    """Work on one batch of hints about entries; returns how many hints it was."""
    now = reader.clock.now()
    async with reader.database.transaction() as transaction:
        claimed = await inbox.claim(
            transaction, connection, EventKind.ENTRY, BATCH, now, reader.lease
        )
    if not claimed:
        return 0
    reached(StopPoint.HINTS_CLAIMED)
    with resume([each.carrier for each in claimed], "read entries"):
        try:
            seen = await _read_entries(reader, connection, claimed)
        except TimepostProblem as problem:
            await _postpone(reader, claimed, problem)
            return len(claimed)
        if connection in reader.ours_to_approve:
            seen = [replace(each, decision=None, by=Actor.CONSULTANT) for each in seen]
        told = {each.external_id for each in seen}
        answered = [each for each in claimed if each.subject in told]
        await _commit(reader, connection, seen, answered)
        silent = [each for each in claimed if each.subject not in told]
        await _leave_as_they_are(reader, connection, silent)
        await _postpone_unanswered(reader, silent)
    return len(claimed)


async def read_approvals(reader: Reader, connection: str) -> int:
    """Work on one batch of hints about approvals; returns how many hints it was."""
    now = reader.clock.now()
    async with reader.database.transaction() as transaction:
        claimed = await inbox.claim(
            transaction, connection, EventKind.APPROVAL, APPROVALS_AT_ONCE, now, reader.lease
        )
    if not claimed:
        return 0
    reached(StopPoint.HINTS_CLAIMED)
    if connection in reader.ours_to_approve:
        await _commit(reader, connection, [], claimed)
        return len(claimed)
    carrier = claimed[0].carrier
    with resume([each.carrier for each in claimed], "read approvals"):
        observed_at = reader.clock.now()
        try:
            found = await reader.system.approvals_by_ids(
                connection, sorted({each.subject for each in claimed})
            )
        except TimepostProblem as problem:
            await _postpone(reader, claimed, problem)
            return len(claimed)
        carriers = {each.subject: each.carrier for each in claimed}
        seen = [
            observation
            for approval in found.approvals
            for observation in observations_of(
                approval, observed_at, carriers.get(approval.external_id, carrier)
            )
        ]
        told = {*(each.external_id for each in found.approvals), *found.missing}
        answered = [each for each in claimed if each.subject in told]
        await _commit(reader, connection, seen, answered, found, observed_at)
        silent = [each for each in claimed if each.subject not in told]
        await _postpone_unanswered(reader, silent)
    return len(claimed)


def observations_of(
    approval: Approval, observed_at: datetime, carrier: Mapping[str, str]
) -> list[Observation]:
    """The covered entries as this approval shows them."""
    decision = Decision(
        status="OPEN" if approval.status == "WITHDRAWN" else approval.status,
        approval_id=approval.external_id,
        approver=approval.approver.model_dump(mode="json") if approval.approver else None,
        decided_at=approval.decided_at,
    )
    return [
        Observation(
            external_id=entry.external_id,
            observed_at=observed_at,
            origin="approval",
            content=content_of(entry),
            decision=decision,
            carrier=carrier,
            revision=entry.revision,
        )
        for entry in approval.entries
    ]


def content_of(entry: TimeEntry) -> dict[str, Any]:
    """What a version keeps: the entry without what has a state of its own."""
    return entry.model_dump(mode="json", exclude={"approval"})


async def _read_entries(
    reader: Reader, connection: str, claimed: Sequence[Claimed]
) -> list[Observation]:
    """One observation per hint that carries the entry, one per subject otherwise."""
    full = [each for each in claimed if each.payload is not None]
    thin: dict[str, Claimed] = {each.subject: each for each in claimed if each.payload is None}
    seen = [_from_payload(each) for each in full]
    if thin:
        observed_at = reader.clock.now()
        found = await _look_up(reader, connection, sorted(thin))
        given = {entry.external_id: entry for entry in found.entries}
        missing = set(found.missing)
        for external_id, hint in thin.items():
            if external_id in given:
                entry = given[external_id]
                seen.append(_observation(entry, observed_at, hint.origin, hint.carrier))
            elif external_id in missing:
                seen.append(
                    Observation(external_id, observed_at, hint.origin, None, carrier=hint.carrier)
                )
    return seen


async def _look_up(reader: Reader, connection: str, ids: Sequence[str]) -> EntriesFound:
    """Entries by their ids. One that breaks the contract does not keep the others from being read.

    It comes back neither found nor missing, so that it is asked for again later.
    """
    try:
        return await reader.system.entries_by_ids(connection, ids)
    except UpstreamRefused as problem:
        if problem.code != CONTRACT_BROKEN:
            raise
        if len(ids) == 1:
            _log.error("entry_breaks_the_contract", connection=connection, entry=ids[0])
            return EntriesFound(entries=[], missing=[])
    middle = len(ids) // 2
    first = await _look_up(reader, connection, ids[:middle])
    second = await _look_up(reader, connection, ids[middle:])
    return EntriesFound(
        entries=[*first.entries, *second.entries], missing=[*first.missing, *second.missing]
    )


def _from_payload(hint: Claimed) -> Observation:
    """What a tracker pushed, as it stood when the tracker says that it changed.

    So a delivery that was overtaken by a later one is stale. An instant in the future counts as
    now: else one wrong clock would make everything after it stale.
    """
    payload = hint.payload or {}
    if payload["change"] == "DELETED" or payload.get("entry") is None:
        return Observation(
            hint.subject,
            hint.received_at,
            hint.origin,
            None,
            carrier=hint.carrier,
            final=True,
            pushed=True,
        )
    entry = TimeEntry.model_validate(payload["entry"])
    changed_at = min(entry.modified_at or hint.received_at, hint.received_at)
    seen = _observation(entry, changed_at, hint.origin, hint.carrier)
    return replace(seen, pushed=True, final=bool(payload.get("final")))


def _observation(
    entry: TimeEntry, observed_at: datetime, origin: str, carrier: Mapping[str, str]
) -> Observation:
    return Observation(
        external_id=entry.external_id,
        observed_at=observed_at,
        origin=origin,
        content=content_of(entry),
        decision=_decision(entry.approval),
        carrier=carrier,
        revision=entry.revision,
    )


def _decision(approval: EntryApproval | None) -> Decision | None:
    if approval is None:
        return None
    return Decision(
        status=approval.status,
        approval_id=approval.approval_id,
        approver=approval.approver.model_dump(mode="json") if approval.approver else None,
        decided_at=approval.decided_at,
    )


async def _commit(
    reader: Reader,
    connection: str,
    seen: Sequence[Observation],
    claimed: Sequence[Claimed],
    found: ApprovalsFound | None = None,
    observed_at: datetime | None = None,
) -> None:
    """Everything that follows from a read, in one transaction with finishing its hints.

    An entry's first version may arrive through its own webhook and through its approval at the
    same moment; then one of the two transactions loses, and is repeated.
    """
    for last in (False, False, True):
        try:
            await _commit_once(reader, connection, seen, claimed, found, observed_at)
        except IntegrityError:
            if last:
                raise
        else:
            return


async def _commit_once(
    reader: Reader,
    connection: str,
    seen: Sequence[Observation],
    claimed: Sequence[Claimed],
    found: ApprovalsFound | None,
    observed_at: datetime | None,
) -> None:
    async with reader.database.transaction() as transaction:
        now = reader.clock.now()
        lost: list[Observation] = []
        if found is not None and observed_at is not None:
            lost = await approvals.keep(
                transaction, connection, found.approvals, found.missing, observed_at
            )
        await recording.record(transaction, connection, [*seen, *lost], now, reader.told)
        await inbox.finish(transaction, [each.id for each in claimed], now)
    reached(StopPoint.VERSIONS_COMMITTED)


async def _leave_as_they_are(reader: Reader, connection: str, silent: Sequence[Claimed]) -> None:
    """What is absent from a listing and cannot be read either is not gone: an archived project
    takes no hours back. The next comparisons ask again, now and then."""
    asked = [each for each in silent if each.origin == COMPARISON]
    if asked:
        async with reader.database.transaction() as transaction:
            now = reader.clock.now()
            await store.mark_unreadable(transaction, connection, [e.subject for e in asked], now)
            await inbox.finish(transaction, [each.id for each in asked], now)
            await inbox.count(transaction, connection, "unreadable", len(asked))


async def _postpone_unanswered(reader: Reader, silent: Sequence[Claimed]) -> None:
    """What the tracker neither gave nor called missing cannot be read now: it is asked again."""
    waiting = [each for each in silent if each.origin != COMPARISON]
    if waiting:
        await _postpone(reader, waiting, None)


async def _postpone(
    reader: Reader, claimed: Sequence[Claimed], problem: TimepostProblem | None
) -> None:
    """Keep the hints and wait, longer each time."""
    attempts = min(each.attempts for each in claimed)
    asked = problem.retry_after if problem else None
    wait = asked or _WAITS[min(attempts, len(_WAITS)) - 1]
    until = reader.clock.now() + timedelta(seconds=wait)
    async with reader.database.transaction() as transaction:
        await inbox.postpone(transaction, [each.id for each in claimed], until)
