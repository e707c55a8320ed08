"""Judges postings, in batches and from our own tables only: no call leaves here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data import keys
from process_apis.processes.master_data.references import Desk, Reference
from process_apis.processes.master_data.rules import normalised
from process_apis.processes.posting import rules
from process_apis.processes.posting.decisions import Path, decided
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.lanes import Lane, lane_of
from process_apis.processes.posting.periods import Period
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.rules import Candidate, Party
from process_apis.processes.posting.states import UNSENT, Leg, Operation, PostingKind, PostingState
from process_apis.processes.posting.waking import day_key, lineage_key
from process_apis.upstream.erp import PeriodStatus, PostingRequest

_ROWS = text(
    """
    SELECT posting.id, posting.time_entry_id, posting.version, posting.leg, posting.kind,
           posting.round, posting.source_connection, posting.target_connection,
           posting.posting_key, posting.state, posting.work_date, posting.minutes,
           posting.attempts, posting.attempts + posting.attempts_before AS ever_attempted,
           posting.findings, posting.erp_error, posting.woken_by, posting.correction_group,
           posting.operation, posting.target_line, posting.decision, posting.lane,
           version.origin, entry.external_id, entry.approver, version.content,
           (SELECT sum(other.minutes) FROM time_entry AS other
            WHERE other.connection = entry.connection AND other.state = 'APPROVED'
              AND other.worker_external_id = entry.worker_external_id
              AND other.work_date = posting.work_date) AS day_minutes,
           CASE WHEN version.content ->> 'invoiced' = 'true' THEN NOT EXISTS (
               SELECT FROM posting AS earlier WHERE earlier.time_entry_id = posting.time_entry_id
                 AND earlier.external_id IS NOT NULL) END AS posted_elsewhere,
           sibling.id AS sibling_id, sibling.state AS sibling_state, sibling.code AS sibling_code,
           sibling.request AS sibling_request, sibling.posting_key AS sibling_key,
           CASE WHEN sibling.state = 'REVERSAL_PENDING' THEN (
               SELECT reversal.state FROM posting AS reversal
               WHERE reversal.time_entry_id = posting.time_entry_id
                 AND reversal.leg = posting.leg AND reversal.kind = 'REVERSAL'
                 AND reversal.state NOT IN ('POSTED', 'SUPERSEDED', 'WAIVED')
           ) END AS reversal_state
    FROM posting
    JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    JOIN time_entry_version AS version
      ON version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    LEFT JOIN LATERAL (
        SELECT other.id, other.state, other.code, other.request, other.posting_key
        FROM posting AS other
        WHERE other.time_entry_id = posting.time_entry_id AND other.leg = posting.leg
          AND other.id <> posting.id AND other.kind <> 'REVERSAL'
          AND other.state IN ('READY', 'ON_HOLD', 'SENDING', 'IN_DOUBT', 'POSTED', 'MISPOSTED',
                              'REVERSAL_PENDING')
        LIMIT 1) AS sibling ON true
    WHERE posting.id = ANY(:ids) ORDER BY posting.id
    """
)


Row = Mapping[str, Any]

# By what each kind is known; see `master_data.bindings`.
_CALLED = {"worker": ("email", "code"), "project": ("code", "name"), "task": ("code", "name")}


@dataclass(frozen=True)
class Verdict:
    """What validation says of one posting.

    :param stands_already: what it would correct is the same in the ledger, so it stays.
    :param watches: dependency keys whose change has a valid one judged again while it waits.
    """

    row: Row
    state: PostingState
    findings: tuple[Finding, ...]
    target: str | None
    key: str | None
    request: PostingRequest | None
    legal_entity: str | None = None
    accounting_date: date | None = None
    stands_already: bool = False
    watches: tuple[str, ...] = ()
    lane: Lane = Lane.NORMAL

    @property
    def waits_for_reversal(self) -> bool:
        """Valid, and posted as soon as what it replaces is taken back."""
        return waits_for_sibling(self) and is_pending(self.row)


Judge = Callable[[AsyncConnection, Sequence[Row], datetime], Awaitable[list[Verdict]]]


async def rows_of(transaction: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row]:
    """What `judge` looks at, in the order of the ids."""
    return as_dicts(await transaction.execute(_ROWS, {"ids": list(ids)}))


async def judge(transaction: AsyncConnection, rows: Sequence[Row], now: datetime) -> list[Verdict]:
    """Resolve references in bulk, then let the rules decide on each."""
    desk = await Desk.open(transaction, now)
    await desk.resolve([(row["source_connection"], _references(row)) for row in rows])
    return [_judge_one(row, desk, now.date()) for row in rows]


def _judge_one(row: Row, desk: Desk, today: date) -> Verdict:
    tracker = row["source_connection"]
    target = desk.target_of(tracker, row["content"]["worker"]["external_id"])
    if row["ever_attempted"] and row["target_connection"]:
        # Once sent somewhere, it goes nowhere else: its key names the target.
        target = row["target_connection"]
    if target is None:
        waiting = (keys.ANY_CONNECTION,)
        finding = Finding("MP_UNMAPPED", waiting, {"label": f"an ERP for {tracker}"})
        return Verdict(row, PostingState.PARKED, (finding,), None, None, None)
    candidate = _candidate(row, target, desk)
    key = row["posting_key"] if row["ever_attempted"] else None
    key = key or rules.posting_key(
        tracker,
        row["external_id"],
        row["version"],
        Leg(row["leg"]),
        PostingKind(row["kind"]),
        target,
        row["round"],
    )
    request = rules.request_of(candidate, key)
    findings = tuple(rules.validate(candidate))
    verdict = Verdict(
        row,
        _state(findings),
        findings,
        target,
        key,
        _about_its_target(request, row),
        candidate.worker.record.get("legal_entity_external_id"),
        rules.ledger_date(candidate),
        watches=_watches(candidate),
        lane=_lane(row, candidate, today),
    )
    return _beside_its_sibling(verdict)


def _lane(row: Row, candidate: Candidate, today: date) -> Lane:
    """What was put into the last lane, say by a replay, stays there."""
    if row["lane"] == Lane.BULK:
        return Lane.BULK
    return lane_of(
        PostingKind(row["kind"]),
        billable=candidate.billable,
        work_date=candidate.work_date,
        accounting_date=rules.ledger_date(candidate) or candidate.work_date,
        periods=candidate.periods,
        origin=row["origin"],
        today=today,
    )


def _beside_its_sibling(verdict: Verdict) -> Verdict:
    """The verdict, in view of the other posting of the entry that stands, or may."""
    row = verdict.row
    if row["sibling_state"] is None:
        if row["kind"] != PostingKind.REPLACEMENT:
            return verdict
        findings = rules.half_done(verdict.findings)
        return replace(verdict, findings=findings, state=_state(findings))
    if not is_pending(row):
        # It is on its way, or its correction is about to be planned: wait, then decide again.
        return replace(verdict, findings=(), state=PostingState.PARKED, watches=())
    if _stands_already(verdict):
        return replace(verdict, findings=(), state=PostingState.SUPERSEDED, stands_already=True)
    if not verdict.findings and row["operation"] != Operation.UPDATE:
        return replace(verdict, state=PostingState.PARKED)
    return verdict


def is_pending(row: Mapping[str, Any]) -> bool:
    """Whether what this one replaces stands, and is about to be taken back."""
    return bool(row["sibling_state"] == PostingState.REVERSAL_PENDING)


def _stands_already(verdict: Verdict) -> bool:
    row = verdict.row
    if verdict.request is None or row["sibling_request"] is None or row["sibling_code"]:
        return False
    if row["reversal_state"] not in UNSENT:
        return False
    standing = PostingRequest.model_validate(row["sibling_request"])
    return rules.is_same_posting(standing, verdict.request)


def _about_its_target(
    request: PostingRequest | None, row: Mapping[str, Any]
) -> PostingRequest | None:
    """A replacement that rewrites the line of what it replaces says which line that is."""
    if request is None or row["operation"] != Operation.UPDATE:
        return request
    return request.model_copy(
        update={
            "operation": "update",
            "target_line": row["target_line"],
            "target_key": row["sibling_key"],
        }
    )


def _watches(candidate: Candidate) -> tuple[str, ...]:
    parties = [candidate.worker, candidate.project, candidate.task]
    keys = {key for each in parties if each is not None for key in each.changes_on}
    employment = candidate.employment
    if employment is not None:
        keys.add(employment.key)
    return tuple(sorted({*keys, candidate.periods_key}))


def _state(findings: Sequence[Finding]) -> PostingState:
    if not findings:
        return PostingState.READY
    # Parked only if every reason can go away by itself; else a person has to act first.
    waits = all(finding.waiting_for for finding in findings)
    return PostingState.PARKED if waits else PostingState.BLOCKED


def _references(row: Row) -> list[Reference]:
    content = row["content"]
    found = []
    for kind in ("worker", "project", "task"):
        said = content.get(kind)
        if said:
            project = content.get("project")
            within = project["external_id"] if kind == "task" and project else None
            found.append(Reference.of(kind, said, within))
    return found


def _candidate(row: Row, target: str, desk: Desk) -> Candidate:
    content, tracker = row["content"], row["source_connection"]
    day = date.fromisoformat(content["work_date"])
    worker = _party(desk, tracker, target, "worker", content["worker"], day)
    project = _party(desk, tracker, target, "project", content.get("project"), day)
    task = content.get("task")
    legal_entity = worker.record.get("legal_entity_external_id")
    return Candidate(
        work_date=day,
        minutes=content["minutes"],
        billable=content["billable"],
        running=content["running"],
        narrative=content["narrative"],
        worker_external_id=content["worker"]["external_id"],
        worker_email=content["worker"].get("email"),
        approver=row["approver"],
        worker=worker,
        project=project,
        task=_party(desk, tracker, target, "task", task, day, project.target_id) if task else None,
        periods=[
            Period(each.start_date, each.end_date, PeriodStatus(each.status))
            for each in desk.periods(target, legal_entity)
        ],
        day_minutes=int(row["day_minutes"] or 0),
        day_key=day_key(tracker, content["worker"]["external_id"], day),
        periods_key=keys.periods_key(target, legal_entity or ""),
        let_into_soft_closed=decided(row, Path.SOFT_CLOSED),
        posted_elsewhere=bool(row["posted_elsewhere"]) and not decided(row, Path.POST_ANYWAY),
        employment=desk.employment(worker.record.get("id")),
    )


def _party(
    desk: Desk,
    tracker: str,
    target: str,
    kind: str,
    said: Mapping[str, Any] | None,
    day: date,
    within: str | None = None,
) -> Party:
    if not said:
        return Party(None, "none", waits_on=())
    label = said.get("code") or said.get("name") or said.get("email") or said["external_id"]
    waits_on = (
        keys.dependency_key(f"binding-{kind}", tracker, said["external_id"]),
        *_names(kind, target, said, within),
    )
    bound = desk.bound(tracker, target, kind, said["external_id"])
    if bound is None or not bound.holds_on(day):
        matched = desk.matched(tracker, target, kind, said["external_id"])
        return Party(label, "several" if matched == "several" else "none", waits_on=waits_on)
    return Party(
        label,
        "one",
        target_id=bound.target_id,
        record=bound.record,
        waits_on=waits_on,
        changes_on=(keys.dependency_key(kind, target, bound.target_id), waits_on[0]),
    )


def _names(kind: str, target: str, said: Mapping[str, Any], within: str | None) -> list[str]:
    """What a record that nobody knows yet may be called when it appears."""
    if kind == "task" and within is None:
        return []
    told = [str(said[name]) for name in _CALLED[kind] if normalised(said.get(name))]
    return [keys.named_key(kind, target, name, within) for name in told]


async def judge_unreadable(
    _transaction: AsyncConnection, rows: Sequence[Row], _now: datetime
) -> list[Verdict]:
    """In place of `judge`, for what that cannot work with: whoever runs Timepost has to look."""
    return [_unreadable(row) for row in rows]


def _unreadable(row: Row) -> Verdict:
    finding = Finding("IO_SCHEMA", detail={"label": f"posting {row['id']}"})
    state, target, key = PostingState.BLOCKED, row["target_connection"], row["posting_key"]
    return Verdict(row, state, (finding,), target, key, None)


def waits_for_sibling(verdict: Verdict) -> bool:
    """Nothing is wrong with it, but that it waits; what is said of the sibling stays true."""
    return verdict.state is PostingState.PARKED and not verdict.findings


def waiting_for(verdict: Verdict) -> list[str]:
    """Dependency keys of a parked posting; a sibling's outcome is one, too."""
    if verdict.state is not PostingState.PARKED:
        return []
    if waits_for_sibling(verdict):
        return [lineage_key(verdict.row["time_entry_id"]), *verdict.watches]
    return sorted({key for finding in verdict.findings for key in finding.waiting_for})


def standing_of(verdict: Verdict, because: str) -> Standing:
    """The verdict, as it is told; of one that cannot be judged, nothing is taken for granted."""
    row = verdict.row
    content = row["content"] if isinstance(row["content"], Mapping) else {}
    return Standing(
        time_entry_id=row["time_entry_id"],
        connection=row["source_connection"],
        entry_external_id=row["external_id"],
        state=verdict.state,
        because=because,
        finding=verdict.findings[0] if verdict.findings else None,
        posting_id=row["id"],
        worker=_name(content.get("worker")),
        project=_name(content.get("project")),
        task=_name(content.get("task")),
        work_date=row["work_date"],
        minutes=row["minutes"],
    )


def _name(said: Any) -> str | None:
    if not isinstance(said, Mapping):
        return None
    return said.get("name") or said.get("email") or said.get("external_id")
