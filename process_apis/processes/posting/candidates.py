"""Gathers what the rules look at: an entry's content with what the desk knows of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from process_apis.processes.mapping.targets import Mapped
from process_apis.processes.master_data import keys
from process_apis.processes.master_data.code_drift.following import When
from process_apis.processes.master_data.code_drift.successions import Successions
from process_apis.processes.master_data.references import Desk
from process_apis.processes.master_data.rules import normalised
from process_apis.processes.posting.decisions import Path, decided
from process_apis.processes.posting.mapped import mapped_parties
from process_apis.processes.posting.periods import Period
from process_apis.processes.posting.rules import Candidate, Party
from process_apis.processes.posting.states import PostingKind
from process_apis.processes.posting.succeeded import succeeding_parties
from process_apis.processes.posting.waking import day_key
from process_apis.processes.posting.worked import Interval
from process_apis.upstream.erp import PeriodStatus

Row = Mapping[str, Any]

# By what each kind is known; see `master_data.bindings`.
_CALLED = {"worker": ("email", "code"), "project": ("code", "name"), "task": ("code", "name")}


def candidate_of(
    row: Row,
    target: str,
    desk: Desk,
    successions: Successions,
    mapped: Mapped | None,
    today: date,
) -> Candidate:
    """With what its references are bound, or mapped, to at the target."""
    content, tracker = row["content"], row["source_connection"]
    day = date.fromisoformat(content["work_date"])
    worker = _party(desk, tracker, target, "worker", content["worker"], day)
    project = _party(desk, tracker, target, "project", content.get("project"), day)
    said = content.get("task")
    task = _party(desk, tracker, target, "task", said, day, project.target_id) if said else None
    correction = row["kind"] == PostingKind.REPLACEMENT
    when = When.of(day, today, said, correction=correction)
    project, task = succeeding_parties(target, project, task, said, successions, when)
    project, task = mapped_parties(tracker, target, project, task, mapped)
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
        task=task,
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
        interval=Interval.of(
            content.get("started_at"), content.get("ended_at"), content.get("timezone")
        ),
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
    bound = desk.bound(tracker, target, kind, said["external_id"], day)
    if bound is None:
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


def watches(candidate: Candidate) -> tuple[str, ...]:
    """Dependency keys whose change may change what was found."""
    parties = [candidate.worker, candidate.project, candidate.task]
    keys = {key for each in parties if each is not None for key in each.changes_on}
    employment = candidate.employment
    if employment is not None:
        keys |= set(employment.keys)
    return tuple(sorted({*keys, candidate.periods_key}))
