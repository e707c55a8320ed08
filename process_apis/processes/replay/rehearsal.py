"""What would become of postings if they were replayed now. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from process_apis.processes.exceptions.catalogue import told
from process_apis.processes.posting import judging
from process_apis.processes.posting.apart import apart
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.judging import Judge, Verdict
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.replay import rules, verdicts
from process_apis.processes.replay.schemas import CodeSum, DryRunLine, Reason, Sum
from process_apis.processes.replay.states import LineOutcome
from process_apis.processes.replay.verdicts import digest_of, outcome_of

# Small enough that the API answers others in between.
_AT_ONCE = 200


@dataclass
class _Counted:
    lines: int = 0
    minutes: int = 0

    def add(self, minutes: int) -> None:
        self.lines += 1
        self.minutes += minutes


class Rehearsal:
    """A dry run as it goes on: what it is recognised by, its sums, and its first lines.

    :param show: how many lines to keep.
    """

    def __init__(self, show: int) -> None:
        self._show = show
        self._sent = _Counted()
        self._waiting = _Counted()
        self._failing: dict[str, _Counted] = {}
        self.digests: dict[UUID, str] = {}
        self.targets: set[str] = set()
        self.lines: list[DryRunLine] = []

    def add(self, verdict: Verdict) -> None:
        """Take in what would become of one posting."""
        minutes = minutes_of(verdict)
        self.digests[verdict.row["id"]] = digest_of(verdict)
        outcome = outcome_of(verdict)
        if outcome is LineOutcome.SENT_ON:
            self._sent.add(minutes)
            if verdict.target:
                self.targets.add(verdict.target)
        elif outcome is LineOutcome.WAITS:
            self._waiting.add(minutes)
        else:
            self._failing.setdefault(verdict.findings[0].code, _Counted()).add(minutes)
        if len(self.lines) < self._show:
            self.lines.append(line_of(verdict))

    @property
    def hash(self) -> str:
        """What the dry run is recognised by."""
        return rules.hash_of(self.digests.values())

    @property
    def would_send(self) -> Sum:
        return Sum(lines=self._sent.lines, minutes=self._sent.minutes)

    @property
    def would_wait(self) -> Sum:
        return Sum(lines=self._waiting.lines, minutes=self._waiting.minutes)

    @property
    def would_fail(self) -> list[CodeSum]:
        counted = sorted(self._failing.items(), key=lambda each: (-each[1].lines, each[0]))
        return [CodeSum(code=code, lines=s.lines, minutes=s.minutes) for code, s in counted]

    @property
    def total(self) -> Sum:
        counted = [self._sent, self._waiting, *self._failing.values()]
        return Sum(
            lines=sum(each.lines for each in counted),
            minutes=sum(each.minutes for each in counted),
        )


async def rehearse(ledger: Ledger, ids: Sequence[UUID], show: int) -> Rehearsal:
    """Judge postings as a replay would, and take everything back."""
    rehearsal = Rehearsal(show)
    for start in range(0, len(ids), _AT_ONCE):
        for verdict in await _judge(ledger, ids[start : start + _AT_ONCE]):
            rehearsal.add(verdict)
    return rehearsal


async def _judge(ledger: Ledger, ids: Sequence[UUID]) -> list[Verdict]:
    async def with_(judge: Judge, some: Sequence[UUID]) -> list[Verdict]:
        # Judging binds what natural keys tell: that, too, is taken back.
        async with ledger.database.rehearsal() as transaction:
            rows = await judging.rows_of(transaction, some)
            return list(await judge(transaction, rows, ledger.clock.now(), ledger.ownership))

    async def set_aside(posting_id: UUID) -> Verdict:
        (verdict,) = await with_(judging.judge_unreadable, [posting_id])
        return verdict

    return await apart(ids, partial(with_, verdicts.judge), set_aside)


def minutes_of(verdict: Verdict) -> int:
    """What would be sent: of a reversal, less than nothing."""
    minutes: int = verdict.request.minutes if verdict.request else verdict.row["minutes"]
    return minutes


def line_of(verdict: Verdict) -> DryRunLine:
    """The line as it is shown."""
    row, request, standing = verdict.row, verdict.request, judging.standing_of(verdict, "")
    error = row["erp_error"]
    names = {"worker": standing.worker, "project": standing.project, "task": standing.task}
    day = row["work_date"].isoformat()
    return DryRunLine(
        posting_id=row["id"],
        posting_key=verdict.key,
        connection=row["source_connection"],
        entry_external_id=row["external_id"],
        version=row["version"],
        leg=row["leg"],
        kind=row["kind"],
        state=row["state"],
        would_be=verdict.state,
        reasons=[_reason(each, {**names, "day": day}) for each in verdict.findings],
        target_connection=verdict.target,
        work_date=row["work_date"],
        accounting_date=request.accounting_date if request else None,
        minutes=minutes_of(verdict),
        billable=request.billable if request else None,
        legal_entity_id=request.legal_entity_id if request else None,
        worker_id=request.worker_id if request else None,
        project_id=request.project_id if request else None,
        task_id=request.task_id if request else None,
        **names,
        attempts=row["attempts"],
        last_refusal=error["vendor_message"] if error else None,
    )


def _reason(finding: Finding, facts: dict[str, str | None]) -> Reason:
    _, sentence = told(finding.code, {**facts, **finding.detail})
    return Reason(code=finding.code, sentence=sentence)
