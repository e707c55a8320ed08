"""What may be posted, and why not. Pure: no I/O."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from process_apis.processes.billing.rules import Charge
from process_apis.processes.master_data.employment import Employment
from process_apis.processes.posting.employed import employed
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.periods import Period, accounting_date
from process_apis.processes.posting.states import Leg, PostingKind
from process_apis.processes.posting.worked import Interval, impossible
from process_apis.upstream.erp import Charge as RequestedCharge
from process_apis.upstream.erp import PostedLine, PostingRequest

MINUTES_PER_DAY = 24 * 60
# What a line in the ledger is about.
_POSTED = (
    "legal_entity_id",
    "worker_id",
    "project_id",
    "task_id",
    "work_date",
    "minutes",
    "billable",
)


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
class Candidate:
    """Everything that validation looks at.

    :param let_into_soft_closed: finance lets it into a period that is closed softly.
    :param posted_elsewhere: the tracker calls it invoiced, and it was not Timepost that posted it.
    :param employment: what an HCM says of the worker, if one does.
    :param interval: when the tracker says that it was worked.
    """

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
    let_into_soft_closed: bool = False
    posted_elsewhere: bool = False
    employment: Employment | None = None
    interval: Interval = field(default_factory=Interval)


def posting_key(
    source: str,
    entry: str,
    version: int,
    leg: Leg,
    kind: PostingKind,
    target: str,
    round_: int = 0,
) -> str:
    """SHA-256 over what makes a posting one of its kind. It never expires.

    :param round_: how often the version was posted, or taken back, before: what was reversed and
        is posted once more is another posting.
    """
    parts = [source, entry, str(version), leg, kind, target, *([str(round_)] if round_ else [])]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def validate(candidate: Candidate) -> list[Finding]:
    """All reasons against posting, the most telling first; none means ready."""
    findings = [*_approval(candidate), *_time(candidate)]
    if candidate.posted_elsewhere:
        findings.append(Finding("CO_ORIGINAL_UNKNOWN"))
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
        accounting_date=ledger_date(candidate) or candidate.work_date,
        minutes=candidate.minutes,
        billable=candidate.billable,
        narrative=candidate.narrative,
    )


def charged(
    request: PostingRequest | None, charge: Charge | None, billable: bool | None
) -> PostingRequest | None:
    """The line with what a client is billed for it, as far as the contract's terms say."""
    if request is None:
        return None
    told = billable if billable is not None else request.billable
    return request.model_copy(update={"billable": told, "charge": _told(charge)})


def _told(charge: Charge | None) -> RequestedCharge | None:
    if charge is None:
        return None
    return RequestedCharge(
        contract=charge.contract,
        currency=charge.currency,
        unit=charge.unit.value,
        rate=charge.rate,
        quantity=charge.billed_quantity,
        amount=charge.billed,
        held_quantity=charge.held_quantity,
        held=charge.held,
    )


def billed_otherwise(request: PostingRequest, line: PostedLine) -> str | None:
    """What the ERP bills for the line in place of what was predicted, in words; None if it is the
    same, or if either side says nothing."""
    charge = request.charge
    if charge is None:
        return None
    if line.bill_amount is not None:
        currency = line.bill_currency or charge.currency
        if (line.bill_amount, currency) != (charge.amount, charge.currency):
            predicted = f"{charge.amount} {charge.currency}"
            return f"{line.bill_amount} {currency} instead of {predicted}"
    elif line.bill_rate is not None and charge.rate is not None and line.bill_rate != charge.rate:
        return f"at {line.bill_rate} instead of {charge.rate} {charge.currency} a {charge.unit}"
    return None


def ledger_date(candidate: Candidate) -> date | None:
    """The day in the ledger; None while no period takes it."""
    return accounting_date(
        candidate.work_date, candidate.periods, let_in=candidate.let_into_soft_closed
    )


def difference(request: PostingRequest, line: PostedLine) -> list[str]:
    """Names of the fields in which the ERP's line is not what was sent."""
    fields = ["worker_id", "work_date", "minutes", "legal_entity_id"]
    if request.task_id is not None:
        fields.append("task_id")
    if line.project_id is not None:
        fields.append("project_id")
    if line.accounting_date is not None:
        fields.append("accounting_date")
    return [name for name in fields if getattr(request, name) != getattr(line, name)]


def is_same_posting(one: PostingRequest, other: PostingRequest) -> bool:
    """Whether two versions put the same into the ledger; the narrative is no part of that."""
    return all(getattr(one, name) == getattr(other, name) for name in _POSTED)


def half_done(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What keeps a replacement from being posted after the reversal: hours are missing there."""
    if not findings:
        return ()
    keys = [finding.waiting_for for finding in findings]
    waits = tuple(sorted({key for each in keys for key in each})) if all(keys) else ()
    first = findings[0]
    why = first.detail.get("said") or first.detail.get("why") or first.code
    return (Finding("CO_HALF", waits, {**first.detail, "why": f"{first.code}: {why}"}), *findings)


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
    if found := impossible(candidate.interval, candidate.work_date, candidate.minutes):
        return found
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
    worker = candidate.worker
    return list(
        employed(worker.record, candidate.employment, candidate.work_date, worker.changes_on)
    )


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
    if worker.matched == "one" and ledger_date(candidate) is None:
        own = accounting_date(candidate.work_date, candidate.periods, let_in=True)
        detail = {"soft_closed": "yes"} if own == candidate.work_date else {}
        findings.append(Finding("PD_NO_OPEN", (candidate.periods_key,), detail))
    return findings
