"""Judges postings, in batches and from our own tables only: no call leaves here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
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
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.rules import Candidate, Finding, Party
from process_apis.processes.posting.states import IN_FLIGHT, Leg, PostingKind, PostingState
from process_apis.processes.posting.waking import day_key
from process_apis.upstream.erp import PostingRequest

_ROWS = text(
    """
    SELECT posting.id, posting.time_entry_id, posting.version, posting.leg, posting.kind,
           posting.source_connection, posting.target_connection, posting.posting_key,
           posting.state, posting.work_date, posting.minutes, posting.attempts,
           posting.attempts + posting.attempts_before AS ever_attempted,
           posting.findings, posting.erp_error, posting.woken_by, entry.external_id, entry.approver,
           version.content,
           (SELECT sum(other.minutes) FROM time_entry AS other
            WHERE other.connection = entry.connection AND other.state = 'APPROVED'
              AND other.worker_external_id = entry.worker_external_id
              AND other.work_date = posting.work_date) AS day_minutes,
           (SELECT sibling.state FROM posting AS sibling
            WHERE sibling.time_entry_id = posting.time_entry_id AND sibling.leg = posting.leg
              AND sibling.id <> posting.id
              AND sibling.state IN ('READY', 'SENDING', 'IN_DOUBT', 'POSTED', 'MISPOSTED')
            LIMIT 1) AS sibling_state
    FROM posting
    JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    JOIN time_entry_version AS version
      ON version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    WHERE posting.id = ANY(:ids) ORDER BY posting.id
    """
)


Row = Mapping[str, Any]

# By what each kind is known; see `master_data.bindings`.
_CALLED = {"worker": ("email", "code"), "project": ("code", "name"), "task": ("code", "name")}


@dataclass(frozen=True)
class Verdict:
    """What validation says of one posting."""

    row: Row
    state: PostingState
    findings: tuple[Finding, ...]
    target: str | None
    key: str | None
    request: PostingRequest | None


Judge = Callable[[AsyncConnection, Sequence[Row], datetime], Awaitable[list[Verdict]]]


async def rows_of(transaction: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row]:
    """What `judge` looks at, in the order of the ids."""
    return as_dicts(await transaction.execute(_ROWS, {"ids": list(ids)}))


async def judge(transaction: AsyncConnection, rows: Sequence[Row], now: datetime) -> list[Verdict]:
    """Resolve references in bulk, then let the rules decide on each."""
    desk = await Desk.open(transaction, now)
    await desk.resolve([(row["source_connection"], _references(row)) for row in rows])
    return [_judge_one(row, desk) for row in rows]


def _judge_one(row: Row, desk: Desk) -> Verdict:
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
    )
    request = rules.request_of(candidate, key)
    findings = tuple(rules.validate(candidate))
    state = _state(findings)
    if row["sibling_state"] in (*IN_FLIGHT, PostingState.READY):
        # An earlier version is on its way: wait for its outcome, then decide again.
        findings, state = (), PostingState.PARKED
    elif row["sibling_state"] is not None:
        findings = (Finding("CO_CHANGED_AFTER_POSTING"), *findings)
        state = PostingState.BLOCKED
    return Verdict(row, state, findings, target, key, request)


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
            rules.Period(each.start_date, each.end_date, each.status == "OPEN")
            for each in desk.periods(target, legal_entity)
        ],
        day_minutes=int(row["day_minutes"] or 0),
        day_key=day_key(tracker, content["worker"]["external_id"], day),
        periods_key=keys.periods_key(target, legal_entity or ""),
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
    """Nothing can be said of it yet; what is said of the sibling stays true meanwhile."""
    return verdict.state is PostingState.PARKED and not verdict.findings


def waiting_for(verdict: Verdict) -> list[str]:
    """Dependency keys of a parked posting; a sibling's outcome is one, too."""
    if verdict.state is not PostingState.PARKED:
        return []
    if waits_for_sibling(verdict):
        return [f"lineage:{verdict.row['time_entry_id']}"]
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
