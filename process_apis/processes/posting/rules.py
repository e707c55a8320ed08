"""What may be posted, and why not. Pure: no I/O."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from process_apis.processes.posting.states import Leg, PostingKind
from process_apis.upstream.erp import PostedLine, PostingRequest

MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True)
class Finding:
    """One reason why a posting cannot go on.

    :param code: of the exception catalogue.
    :param waiting_for: dependency keys; with any, the posting is parked and wakes by itself.
    :param detail: the facts for the sentence; never narrative text.
    """

    code: str
    waiting_for: tuple[str, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Party:
    """A reference of the entry: as the tracker says it, and what it is bound to.

    :param matched: "one" if bound, else what was found by natural keys.
    :param waits_on: dependency keys that may bind it, if it is not bound.
    :param changes_on: dependency keys that may change what it is bound to: the record itself
        first, then the binding.
    """

    label: str | None
    matched: str
    target_id: str | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    waits_on: tuple[str, ...] = ()
    changes_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Period:
    """A period of the worker's legal entity."""

    start_date: date
    end_date: date
    is_open: bool


@dataclass(frozen=True)
class Candidate:
    """Everything that validation looks at."""

    work_date: date
    minutes: int
    billable: bool
    running: bool
    narrative: str
    worker_external_id: str
    worker_email: str | None
    approver: Mapping[str, Any] | None
    worker: Party
    project: Party
    task: Party | None
    periods: Sequence[Period]
    day_minutes: int
    day_key: str
    periods_key: str


def posting_key(
    source: str, entry: str, version: int, leg: Leg, kind: PostingKind, target: str
) -> str:
    """SHA-256 over what makes a posting one of its kind. It never expires."""
    parts = (source, entry, str(version), leg, kind, target)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def validate(candidate: Candidate) -> list[Finding]:
    """All reasons against posting, the most telling first; none means ready."""
    findings = [*_approval(candidate), *_time(candidate)]
    findings += _party("MD_WORKER_UNKNOWN", candidate.worker)
    findings += _employment(candidate)
    findings += _party("MD_PROJECT_UNKNOWN", candidate.project)
    findings += _project(candidate)
    findings += _task(candidate)
    findings += _ledger(candidate)
    return findings


def request_of(candidate: Candidate, key: str) -> PostingRequest | None:
    """The line that would be posted, or None while a reference is unresolved."""
    project, task, worker = candidate.project, candidate.task, candidate.worker
    if worker.target_id is None or project.target_id is None:
        return None
    if task is not None and task.target_id is None:
        return None
    return PostingRequest(
        posting_key=key,
        legal_entity_id=str(worker.record["legal_entity_external_id"]),
        worker_id=worker.target_id,
        project_id=project.target_id,
        task_id=task.target_id if task else None,
        work_date=candidate.work_date,
        accounting_date=accounting_date(candidate) or candidate.work_date,
        minutes=candidate.minutes,
        billable=candidate.billable,
        narrative=candidate.narrative,
    )


def accounting_date(candidate: Candidate) -> date | None:
    """The work date if its period is open, else the first day of the next open period."""
    if not candidate.periods:
        # An ERP that tells no periods closes none.
        return candidate.work_date
    for period in sorted(candidate.periods, key=lambda each: each.start_date):
        if period.is_open and candidate.work_date <= period.end_date:
            return max(candidate.work_date, period.start_date)
    return None


def difference(request: PostingRequest, line: PostedLine) -> list[str]:
    """Names of the fields in which the ERP's line is not what was sent."""
    fields = ["worker_id", "work_date", "minutes", "legal_entity_id"]
    if request.task_id is not None:
        fields.append("task_id")
    if line.project_id is not None:
        fields.append("project_id")
    return [name for name in fields if getattr(request, name) != getattr(line, name)]


def _approval(candidate: Candidate) -> list[Finding]:
    approver = candidate.approver
    if approver is None:
        return []
    email = approver.get("email")
    same_email = email is not None and email.casefold() == (candidate.worker_email or "").casefold()
    if approver.get("external_id") == candidate.worker_external_id or same_email:
        return [Finding("AP_SELF_APPROVAL")]
    return []


def _time(candidate: Candidate) -> list[Finding]:
    if candidate.running:
        return [Finding("TM_LIMIT", detail={"why": "its timer still runs"})]
    if candidate.minutes <= 0:
        return [Finding("TM_LIMIT", detail={"why": "it has no duration"})]
    total = max(candidate.day_minutes, candidate.minutes)
    if total > MINUTES_PER_DAY:
        why = {"why": f"the day would have {total / 60:.2f} hours"}
        # Of several entries that make up such a day, correcting one may release the others.
        alone = candidate.minutes > MINUTES_PER_DAY
        return [Finding("TM_LIMIT", () if alone else (candidate.day_key,), why)]
    return []


def _party(code: str, party: Party) -> list[Finding]:
    detail = {"label": party.label or "(none)"}
    if party.matched == "one":
        return []
    if party.matched == "several":
        return [Finding("MP_AMBIGUOUS", party.waits_on, detail)]
    return [Finding(code, party.waits_on, detail)]


def _employment(candidate: Candidate) -> list[Finding]:
    record = candidate.worker.record
    hired, left = record.get("hire_date"), record.get("termination_date")
    gone = record.get("vanished_at") is not None
    day = candidate.work_date
    if gone or (hired and day < hired) or (left and day > left):
        return [Finding("MD_WORKER_INACTIVE", candidate.worker.changes_on)]
    return []


def _project(candidate: Candidate) -> list[Finding]:
    party = candidate.project
    if party.matched != "one":
        return []
    record, day = party.record, candidate.work_date
    if record["status"] == "CLOSED" or record.get("vanished_at") is not None:
        return [Finding("MD_PROJECT_CLOSED", party.changes_on)]
    if record["start_date"] and day < record["start_date"]:
        return [Finding("MD_PROJECT_NOT_STARTED", party.changes_on)]
    if record["end_date"] and day > record["end_date"]:
        return [Finding("MD_PROJECT_CLOSED", party.changes_on)]
    if candidate.task is None and not record["bookable"]:
        return [Finding("MD_TASK_INVALID", party.changes_on, {"why": "a task is needed"})]
    return []


def _task(candidate: Candidate) -> list[Finding]:
    party = candidate.task
    if party is None or candidate.project.matched != "one":
        return []
    if party.matched != "one":
        return _party("MP_UNMAPPED", party)
    record, day = party.record, candidate.work_date
    closed = record["status"] == "CLOSED" or record.get("vanished_at") is not None
    outside = (record["start_date"] and day < record["start_date"]) or (
        record["end_date"] and day > record["end_date"]
    )
    if closed or outside or not record["bookable"]:
        return [Finding("MD_TASK_INVALID", party.changes_on, {"why": "it is not open"})]
    if record["project_external_id"] != candidate.project.target_id:
        return [Finding("MD_TASK_INVALID", party.changes_on, {"why": "it is of another project"})]
    return []


def _ledger(candidate: Candidate) -> list[Finding]:
    worker, project = candidate.worker, candidate.project
    findings = []
    if worker.matched == "one" and project.matched == "one":
        home = worker.record["legal_entity_external_id"]
        if home != project.record["legal_entity_external_id"]:
            findings.append(Finding("IC_AGREEMENT_MISSING"))
    if worker.matched == "one" and accounting_date(candidate) is None:
        findings.append(Finding("PD_NO_OPEN", (candidate.periods_key,)))
    return findings
