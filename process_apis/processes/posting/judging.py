"""Judges postings, in batches and from our own tables only: no call leaves here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.billing.rules import Charge
from process_apis.processes.mapping.targets import Mapped, Targets
from process_apis.processes.master_data import keys
from process_apis.processes.master_data.code_drift.successions import Successions
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.references import Desk, references_of
from process_apis.processes.posting import charging, rules, valuing
from process_apis.processes.posting.candidates import Row, candidate_of, watches
from process_apis.processes.posting.costing import CostLine
from process_apis.processes.posting.facts import Asked
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.lanes import Lane, lane_of
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.rules import Candidate
from process_apis.processes.posting.states import UNSENT, Leg, Operation, PostingKind, PostingState
from process_apis.processes.posting.valuing import Valued
from process_apis.processes.posting.waking import lineage_key
from process_apis.upstream.erp import PostingRequest

_ROWS = text(
    """
    SELECT posting.id, posting.time_entry_id, posting.version, posting.leg, posting.kind,
           posting.round, posting.source_connection, posting.target_connection,
           posting.posting_key, posting.state, posting.work_date, posting.minutes,
           posting.attempts, posting.attempts + posting.attempts_before AS ever_attempted,
           posting.findings, posting.erp_error, posting.woken_by, posting.correction_group,
           posting.operation, posting.target_line, posting.decision, posting.lane,
           posting.approved_at, version.origin, entry.external_id, entry.approver, version.content,
           (SELECT sum(other.minutes) FROM time_entry AS other
            WHERE other.connection = entry.connection AND other.state = 'APPROVED'
              AND other.worker_external_id = entry.worker_external_id
              AND other.work_date = posting.work_date) AS day_minutes,
           CASE WHEN version.content ->> 'invoiced' = 'true' THEN NOT EXISTS (
               SELECT FROM posting AS earlier WHERE earlier.time_entry_id = posting.time_entry_id
                 AND earlier.external_id IS NOT NULL) END AS posted_elsewhere,
           sibling.id AS sibling_id, sibling.state AS sibling_state, sibling.code AS sibling_code,
           sibling.request AS sibling_request, sibling.posting_key AS sibling_key,
           sibling.line ->> 'bill_amount' IS NOT NULL AS sibling_billed,
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
        SELECT other.id, other.state, other.code, other.request, other.posting_key, other.line
        FROM posting AS other
        WHERE other.time_entry_id = posting.time_entry_id AND other.leg = posting.leg
          AND other.id <> posting.id AND other.kind <> 'REVERSAL'
          AND other.state IN ('READY', 'ON_HOLD', 'SENDING', 'IN_DOUBT', 'POSTED', 'MISPOSTED',
                              'REVERSAL_PENDING')
        LIMIT 1) AS sibling ON true
    WHERE posting.id = ANY(:ids) ORDER BY posting.id
    """
)


@dataclass(frozen=True)
class Verdict:
    """What validation says of one posting.

    :param stands_already: what it would correct is the same in the ledger, so it stays.
    :param watches: dependency keys whose change has a valid one judged again while it waits.
    :param charge: what a client is billed for it, if it is valid and terms say so.
    :param cost: what says what an hour of it should cost.
    :param cost: what says what an hour of it should cost.
    :param mapped: what the mapping of its tracker makes of it, if there is one.
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
    charge: Charge | None = None
    cost: CostLine | None = None
    mapped: Mapped | None = None

    @property
    def waits_for_reversal(self) -> bool:
        """Valid, and posted as soon as what it replaces is taken back."""
        return waits_for_sibling(self) and is_pending(self.row)


Judge = Callable[[AsyncConnection, Sequence[Row], datetime, Ownership], Awaitable[list[Verdict]]]


async def rows_of(transaction: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row]:
    """What `judge` looks at, in the order of the ids."""
    return as_dicts(await transaction.execute(_ROWS, {"ids": list(ids)}))


async def judge(
    transaction: AsyncConnection, rows: Sequence[Row], now: datetime, ownership: Ownership
) -> list[Verdict]:
    """Resolve references in bulk, then let the rules decide on each."""
    desk = await Desk.open(transaction, now, ownership)
    said = [(row["source_connection"], row["content"]) for row in rows]
    await desk.resolve([(tracker, references_of(content)) for tracker, content in said])
    targets = await Targets.read(transaction, said)
    successions = await Successions.open(transaction)
    asked = [_asked(row, desk, targets, successions, now.date()) for row in rows]
    found = {
        each.row["id"]: tuple(rules.validate(each.candidate))
        for each in asked
        if isinstance(each, Asked)
    }
    # What a client is billed is asked of what nothing else speaks against.
    sound = [each for each in asked if isinstance(each, Asked) and not found[each.row["id"]]]
    valued = await valuing.value_all(transaction, sound)
    return [
        _verdict(each, found[each.row["id"]], valued.get(each.row["id"], Valued()), now.date())
        if isinstance(each, Asked)
        else each
        for each in asked
    ]


def _asked(
    row: Row, desk: Desk, targets: Targets, successions: Successions, today: date
) -> Asked | Verdict:
    """All that there is to look at; or the verdict on what cannot be looked at yet."""
    tracker = row["source_connection"]
    target = desk.target_of(tracker, row["content"]["worker"]["external_id"])
    if row["ever_attempted"] and row["target_connection"]:
        # Once sent somewhere, it goes nowhere else: its key names the target.
        target = row["target_connection"]
    if target is None:
        waiting = (keys.ANY_CONNECTION,)
        finding = Finding("MP_UNMAPPED", waiting, {"label": f"an ERP for {tracker}"})
        return Verdict(row, PostingState.PARKED, (finding,), None, None, None)
    mapped = targets.mapped(tracker, target, row["content"])
    candidate = candidate_of(row, target, desk, successions, mapped, today)
    return Asked(row, target, candidate, mapped)


def _verdict(asked: Asked, findings: tuple[Finding, ...], valued: Valued, today: date) -> Verdict:
    row, candidate = asked.row, asked.candidate
    charged = valued.charged
    findings = (*findings, *charged.findings)
    key = row["posting_key"] if row["ever_attempted"] else None
    key = key or rules.posting_key(
        row["source_connection"],
        row["external_id"],
        row["version"],
        Leg(row["leg"]),
        PostingKind(row["kind"]),
        asked.target,
        row["round"],
    )
    request = rules.charged(rules.request_of(candidate, key), charged.charge, charged.billable)
    verdict = Verdict(
        row,
        _state(findings),
        findings,
        asked.target,
        key,
        _about_its_target(request, row),
        candidate.worker.record.get("legal_entity_external_id"),
        rules.ledger_date(candidate),
        watches=watches(candidate),
        lane=_lane(row, candidate, today),
        charge=charged.charge,
        cost=valued.cost,
        mapped=asked.mapped,
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
    if row["sibling_billed"] and standing.charge != verdict.request.charge:
        return False
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


def _state(findings: Sequence[Finding]) -> PostingState:
    if not findings:
        return PostingState.READY
    # Parked only if every reason can go away by itself; else a person has to act first.
    waits = all(finding.waiting_for for finding in findings)
    return PostingState.PARKED if waits else PostingState.BLOCKED


async def judge_unreadable(
    _transaction: AsyncConnection, rows: Sequence[Row], _now: datetime, _ownership: Ownership
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
        finding=verdict.findings[0] if verdict.findings else _of_what_stands(verdict),
        posting_id=row["sibling_id"] if verdict.stands_already else row["id"],
        worker=_name(content.get("worker")),
        project=_name(content.get("project")),
        task=_name(content.get("task")),
        work_date=row["work_date"],
        minutes=row["minutes"],
    )


def _of_what_stands(verdict: Verdict) -> Finding | None:
    """What stands may be beyond its contract's limit, as it was."""
    if not verdict.stands_already:
        return None
    charge = PostingRequest.model_validate(verdict.row["sibling_request"]).charge
    if charge is None or not charge.is_held:
        return None
    return charging.exceeded(charge.contract, charge.held, charge.currency)


def _name(said: Any) -> str | None:
    if not isinstance(said, Mapping):
        return None
    return said.get("name") or said.get("email") or said.get("external_id")
