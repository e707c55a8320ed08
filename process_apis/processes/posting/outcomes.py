"""Commits what became of postings: state, lineage, outbox and listeners in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.lineage import store as lineage
from process_apis.processes.outbox import store as outbox
from process_apis.processes.posting import charging, rules, siblings
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.states import IN_FLIGHT, PostingKind, PostingState
from process_apis.processes.time_entries import store as entries
from process_apis.processes.time_entries.states import EntryState
from process_apis.upstream.erp import ErpError, PostedLine, PostingRequest

# The approval was withdrawn while the hours were sent.
REVOKED = "AP_REVOKED_INFLIGHT"

# First the entries, then the postings, always by id: whoever writes both locks in this order.
_LOCK_ENTRIES = text("SELECT id FROM time_entry WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")

_WRITE = text(
    """
    UPDATE posting SET state = result.state,
        code = CASE WHEN result.untold THEN posting.code ELSE result.code END,
        findings = CASE WHEN result.untold THEN posting.findings ELSE result.findings END,
        waiting_for = result.waiting_for,
        line = coalesce(NULLIF(result.line, 'null'::jsonb), posting.line),
        external_id = coalesce(result.external_id, posting.external_id),
        erp_error = NULLIF(result.erp_error, 'null'::jsonb),
        attempts = posting.attempts - result.forgive,
        lookups = posting.lookups - result.forgive_lookups, due_at = result.due_at,
        posted_at = CASE WHEN result.state IN ('POSTED', 'MISPOSTED')
                         THEN CAST(:now AS timestamptz) END,
        lease_until = NULL, lease_token = NULL, updated_at = :now
    FROM jsonb_to_recordset(CAST(:results AS jsonb)) AS result (
        id uuid, state text, code text, findings jsonb, waiting_for text[], line jsonb,
        external_id text, erp_error jsonb, forgive int, forgive_lookups int, untold boolean,
        due_at timestamptz)
    WHERE posting.id = result.id AND posting.lease_token = :token
    RETURNING posting.id
    """
)

_NO_LONGER_CURRENT = text(
    """
    SELECT entry.id, posting.id AS posting_id, posting.kind, entry.state
    FROM time_entry AS entry JOIN posting ON posting.time_entry_id = entry.id
    WHERE posting.id = ANY(:ids)
      AND (entry.state <> 'APPROVED' OR entry.approved_version <> posting.version
           OR posting.kind = 'REVERSAL')
    """
)

# Of a `version`: what people call what it is about.
LABELS = """jsonb_build_object(
        'worker', coalesce(version.content -> 'worker' ->> 'name',
                           version.content -> 'worker' ->> 'email'),
        'project', version.content -> 'project' ->> 'name',
        'task', version.content -> 'task' ->> 'name') AS labels"""

# Of a `posting`: what an hour of it should cost, read where it is needed and kept nowhere else.
COST = """(SELECT jsonb_build_object('card', card.code, 'version', card.version, 'row', line.row,
                              'amount', line.amount::text)
     FROM rate_card_line AS line JOIN rate_card AS card ON card.id = line.card_id
     WHERE line.card_id = posting.cost_card AND line.row = posting.cost_row) AS cost"""

# Of `posting`, its `entry` and its `version`: what makes a `Leased`.
LEASED_COLUMNS = f"""posting.id, posting.time_entry_id, posting.version, posting.kind,
    posting.reverses_id, posting.source_connection, entry.external_id AS entry_external_id,
    posting.posting_key, posting.request, posting.attempts, posting.lookups, posting.approved_at,
    posting.carrier, {LABELS}, {COST}"""


@dataclass(frozen=True)
class Leased:
    """A posting that this worker holds.

    :param reverses_id: what it takes back, if it does.
    :param cost: what an hour of it should cost, and which row of which card says so.
    :param was_due_at: its place in the line, should it turn out that the ERP was never asked.
    :param sent_at: when the intent to send it was committed, if no step of lineage tells of it.
    """

    id: UUID
    time_entry_id: UUID
    version: int
    kind: PostingKind
    reverses_id: UUID | None
    source_connection: str
    entry_external_id: str
    posting_key: str
    request: PostingRequest
    attempts: int
    lookups: int
    approved_at: datetime | None
    carrier: dict[str, str]
    labels: dict[str, str | None]
    cost: Mapping[str, Any] | None = field(default=None, repr=False)
    was_due_at: datetime | None = None
    sent_at: datetime | None = None

    @property
    def is_half(self) -> bool:
        """What it replaces is taken back: until it stands, hours are missing in the ledger."""
        return self.kind is PostingKind.REPLACEMENT and self.request.operation == "post"


@dataclass(frozen=True)
class Result:
    """What became of one.

    :param what: the step for its lineage; None if nothing happened to it.
    :param due_at: instead of after ``wait``.
    :param forgive: attempts not to be counted, because the ERP was never asked;
        ``forgive_lookups`` likewise.
    """

    leased: Leased
    state: PostingState
    what: str | None
    wait: timedelta = timedelta()
    due_at: datetime | None = None
    finding: Finding | None = None
    beneath: Sequence[Finding] = ()
    line: PostedLine | None = None
    error: ErpError | None = None
    forgive: int = 0
    forgive_lookups: int = 0


@dataclass(frozen=True)
class Committed:
    """What committing a batch of results leaves to do.

    :param news_for: trackers that may have feedback waiting.
    :param judge: postings wait to be judged, because these were settled.
    """

    postings: int = 0
    news_for: frozenset[str] = frozenset()
    judge: bool = False


def taken_back(leased: Leased, how: str) -> Result:
    """The line that it was about is gone."""
    return Result(leased, PostingState.POSTED, how)


def posted(leased: Leased, lines: Sequence[PostedLine], how: str) -> Result:
    """It stands in the ERP: once and as sent, or else somebody must look at once."""
    line = lines[0]
    if len(lines) > 1:
        detail = {"label": ", ".join(each.external_id for each in lines)}
        finding = Finding("RC_EXTRA_IN_ERP", detail=detail)
        return Result(
            leased, PostingState.MISPOSTED, "posted more than once", finding=finding, line=line
        )
    differs = rules.difference(leased.request, line)
    if differs:
        finding = Finding("RC_VALUE_DIFF", detail={"label": ", ".join(differs)})
        return Result(
            leased, PostingState.MISPOSTED, "posted differently", finding=finding, line=line
        )
    otherwise = rules.billed_otherwise(leased.request, line) or _costs_otherwise(leased, line)
    if otherwise is not None:
        finding = Finding("RT_ERP_DIFFERS", detail={"said": otherwise})
        return Result(
            leased, PostingState.MISPOSTED, "rated differently", finding=finding, line=line
        )
    return Result(leased, PostingState.POSTED, how, line=line)


def _costs_otherwise(leased: Leased, line: PostedLine) -> str | None:
    """Which row the ERP does not agree with. Neither says how much: that tells what people earn."""
    if leased.cost is None or line.cost_rate is None:
        return None
    if line.cost_rate == Decimal(leased.cost["amount"]):
        return None
    cost = leased.cost
    return (
        f"its cost rate is not that of {cost['card']} version {cost['version']} row {cost['row']}"
    )


async def commit(ledger: Ledger, token: UUID, results: Sequence[Result]) -> Committed:
    """Write results of a batch, as far as they are still ours."""
    async with ledger.database.transaction() as transaction:
        return await write(transaction, ledger, token, results)


async def write(
    transaction: AsyncConnection, ledger: Ledger, token: UUID, results: Sequence[Result]
) -> Committed:
    """As `commit`, within the caller's transaction.

    A result whose lease was lost is dropped: whoever holds the posting now looks it up.
    """
    now = ledger.clock.now()
    await lock_entries(transaction, [each.leased.time_entry_id for each in results])
    takers = [
        each.leased.id
        for each in results
        if each.state is PostingState.POSTED and each.leased.reverses_id is not None
    ]
    await siblings.take_back(transaction, takers, token, now)
    rows = as_json([_row(each, now) for each in results])
    written = await transaction.execute(_WRITE, {"results": rows, "token": token, "now": now})
    ours = {row.id for row in written}
    kept = [each for each in results if each.leased.id in ours]
    judge = await _follow_up(transaction, ledger, kept, now)
    news_for = frozenset(each.leased.source_connection for each in kept if _is_news(each))
    return Committed(len(kept), news_for, judge)


async def lock_entries(transaction: AsyncConnection, entry_ids: Sequence[UUID]) -> None:
    """Lock entries, as whoever writes postings does first."""
    await transaction.execute(_LOCK_ENTRIES, {"ids": list(entry_ids)})


async def _follow_up(
    transaction: AsyncConnection, ledger: Ledger, kept: Sequence[Result], now: datetime
) -> bool:
    """All that follows from them; whether anything has to be judged now."""
    await lineage.record(transaction, [step for each in kept for step in _steps(each, now)])
    told_of = [each for each in kept if each.line is not None or _is_gone(each)]
    await outbox.add(transaction, [_event(each, now) for each in told_of])
    settled = [each for each in kept if each.state not in IN_FLIGHT]
    ids = [each.leased.id for each in settled]
    outdated = (await transaction.execute(_NO_LONGER_CURRENT, {"ids": ids})).all()
    outdated_ids = [row.id for row in outdated]
    await entries.mark_posting_due(transaction, outdated_ids)
    rewritten = [each.leased.id for each in settled if each.leased.request.operation == "update"]
    await siblings.settle_reversals(transaction, rewritten, now)
    woken = await siblings.wake(transaction, {each.leased.time_entry_id for each in settled}, now)
    revoked = {row.posting_id for row in outdated if _is_only_revoked(row.kind, row.state)}
    told = [_standing(_with_case(each, revoked)) for each in kept if _is_news(each)]
    await ledger.listeners.tell(transaction, told, now)
    return bool(outdated_ids) or woken > 0


def _is_only_revoked(kind: str, entry_state: str) -> bool:
    """What is rejected or deleted is taken back, and what is approved is corrected; but who has
    only withdrawn an approval has not said what they want instead."""
    decided = (EntryState.APPROVED, EntryState.REJECTED, EntryState.DELETED)
    return kind != PostingKind.REVERSAL and entry_state not in decided


def _with_case(result: Result, revoked: Collection[UUID]) -> Result:
    """Posted as it should be, and somebody has to know something all the same: that it is not
    approved any more, or that it is beyond its contract's limit."""
    stands = result.state is PostingState.POSTED and result.finding is None
    if not stands or result.leased.kind is PostingKind.REVERSAL:
        return result
    if result.leased.id in revoked:
        return replace(result, finding=Finding(REVOKED))
    charge = result.leased.request.charge
    if charge is not None and charge.is_held:
        finding = charging.exceeded(charge.contract, charge.held, charge.currency)
        return replace(result, finding=finding)
    return result


def _steps(result: Result, now: datetime) -> list[lineage.Step]:
    """That it was sent, and what came of it. A try that reached nobody is no step of its life."""
    if result.what is None:
        return []
    leased, trace_id = result.leased, lineage.trace_id_of(result.leased.carrier)
    steps = []
    if leased.sent_at is not None and not result.forgive:
        detail = {"attempt": leased.attempts}
        steps = [
            lineage.Step(
                leased.time_entry_id,
                "sending",
                leased.sent_at,
                leased.id,
                detail=detail,
                trace_id=trace_id,
            )
        ]
    return [
        *steps,
        lineage.Step(
            leased.time_entry_id,
            result.what,
            now,
            leased.id,
            detail=_detail(result),
            trace_id=trace_id,
        ),
    ]


def _is_news(result: Result) -> bool:
    """Waiting a little for another try is nobody's business."""
    return result.state not in (*IN_FLIGHT, PostingState.READY) or result.finding is not None


def _is_gone(result: Result) -> bool:
    return result.state is PostingState.POSTED and result.leased.request.operation == "delete"


def _row(result: Result, now: datetime) -> dict[str, Any]:
    line, finding = result.line, result.finding
    return {
        "id": result.leased.id,
        "state": result.state,
        "code": finding.code if finding else None,
        "findings": [finding, *result.beneath] if finding else [],
        "waiting_for": list(finding.waiting_for) if finding else [],
        "line": line.model_dump(mode="json") if line else None,
        "external_id": line.external_id if line else None,
        "erp_error": result.error.model_dump(mode="json") if result.error else None,
        "forgive": result.forgive,
        "forgive_lookups": result.forgive_lookups,
        "untold": result.what is None,
        "due_at": result.due_at or now + result.wait,
    }


def _detail(result: Result) -> dict[str, Any]:
    detail: dict[str, Any] = {"state": result.state, "attempts": result.leased.attempts}
    if result.line is not None:
        detail["erp_line"] = result.line.external_id
    if result.error is not None:
        detail["error_class"] = result.error.error_class
    if result.finding is not None:
        detail["codes"] = [result.finding.code]
    return detail


def _event(result: Result, now: datetime) -> outbox.NewEvent:
    leased = result.leased
    return outbox.NewEvent(
        type=f"timepost.posting.{result.state.lower()}.v1",
        subject=str(leased.id),
        data={
            "posting_key": leased.posting_key,
            "connection": leased.source_connection,
            "entry": leased.entry_external_id,
            "version": leased.version,
            "kind": leased.kind,
            "erp_line": result.line.external_id if result.line else None,
            "work_date": leased.request.work_date.isoformat(),
            "minutes": leased.request.minutes,
        },
        created_at=now,
        carrier=leased.carrier,
    )


def _standing(result: Result) -> Standing:
    leased = result.leased
    day: date = leased.request.work_date
    state = result.state
    if leased.kind is PostingKind.REVERSAL and state is PostingState.POSTED:
        state = PostingState.REVERSED
    return Standing(
        time_entry_id=leased.time_entry_id,
        connection=leased.source_connection,
        entry_external_id=leased.entry_external_id,
        state=state,
        because=_because(state),
        finding=result.finding,
        posting_id=leased.id,
        document=result.line.external_id if result.line else None,
        worker=leased.labels.get("worker"),
        project=leased.labels.get("project"),
        task=leased.labels.get("task"),
        work_date=day,
        minutes=leased.request.minutes,
    )


def _because(state: PostingState) -> str:
    if state is PostingState.REVERSED:
        return "it was taken back"
    return "it was posted" if state is PostingState.POSTED else "it is sent again"
