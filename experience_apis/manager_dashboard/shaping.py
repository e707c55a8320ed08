"""From the process tier's approvals to what people read. Pure: the instant comes in."""

from datetime import date, datetime

from experience_apis.exception_workbench.shaping import age, hours
from experience_apis.manager_dashboard.schemas import (
    ApprovalList,
    ApprovalRow,
    ApprovalTotals,
    ApprovalView,
    DecisionOutcome,
    DecisionOutcomes,
    DelegationRow,
    DelegationRows,
    EntryRow,
    LeftOut,
    SubmissionView,
)
from experience_apis.upstream.approvals import (
    ApprovalRequest,
    ApprovalRequestDetail,
    ApprovalRequestPage,
    BatchResult,
    BatchResults,
    CoveredEntry,
    Delegation,
    DelegationList,
    MayDecide,
    SubmissionResult,
)

STATES = {
    "SUBMITTED": "Waiting for a decision",
    "APPROVED": "Approved",
    "REJECTED": "Rejected",
    "WITHDRAWN": "Taken back",
    "VOID": "Changed before anybody decided",
}
ENTRY_STATES = {
    "WAITING": "Waiting for a decision",
    "APPROVED": "Approved",
    "REJECTED": "Rejected",
    "WITHDRAWN": "Taken back",
    "VOID": "No longer part of it",
}
CAPACITIES = {
    "worker": "for their own hours",
    "responsible": "as the responsible person",
    "delegate": "in place of {other}",
    "on_behalf": "on behalf of the worker",
    "escalation": "as finance controller",
    "policy": "by policy",
}


def approval_list(page: ApprovalRequestPage) -> ApprovalList:
    """A page with the sums of all pages."""
    return ApprovalList(
        approvals=[row(each) for each in page.requests],
        next_cursor=page.next_cursor,
        totals=ApprovalTotals(
            matching=page.total, minutes=page.total_minutes, hours=hours(page.total_minutes)
        ),
    )


def approval_view(detail: ApprovalRequestDetail) -> ApprovalView:
    """An approval with everything that its page shows."""
    may = detail.may_decide
    return ApprovalView(
        approval=row(detail.request),
        entries=[_entry(each) for each in detail.entries],
        may_decide=may.allowed,
        acting_as=_acting(may),
        reason=may.reason,
    )


def row(request: ApprovalRequest) -> ApprovalRow:
    """One approval."""
    span = period(request.period_start, request.period_end)
    amount = hours(request.minutes)
    open_now = request.state == "SUBMITTED"
    return ApprovalRow(
        id=request.id,
        connection=request.connection,
        worker=request.worker,
        period=span,
        period_start=request.period_start,
        period_end=request.period_end,
        entries=request.entries,
        minutes=request.minutes,
        hours=amount,
        changed_since=request.entries - request.entries_waiting if open_now else 0,
        approver=request.approver,
        state=request.state,
        state_label=STATES.get(request.state, request.state),
        sentence=f"{request.worker} asks for approval of {amount} hours, {span}.",
        outcome=_outcome(request),
        note=request.note,
        submitted_at=request.submitted_at,
        submitted_by=request.submitted_by,
        age_seconds=request.age_seconds,
        age=age(request.age_seconds),
        version=request.version,
    )


def outcomes(results: BatchResults) -> DecisionOutcomes:
    """Of each decision what became of it, and how many were carried out."""
    rows = [_one_outcome(each) for each in results.results]
    done = sum(each.done for each in rows)
    return DecisionOutcomes(outcomes=rows, done=done, refused=len(rows) - done)


def submission(result: SubmissionResult) -> SubmissionView:
    """What is asked for now."""
    count = result.submitted
    if count:
        sentence = f"{count} {'entry is' if count == 1 else 'entries are'} submitted."
    elif result.requests:
        sentence = "Everything was submitted already."
    else:
        sentence = "There is nothing to submit."
    return SubmissionView(
        sentence=sentence,
        approvals=[row(each) for each in result.requests],
        left_out=[LeftOut(entry=each.external_id, reason=each.reason) for each in result.skipped],
    )


def delegations(found: DelegationList, *, now: datetime) -> DelegationRows:
    """Each with where it stands."""
    return DelegationRows(delegations=[delegation(each, now=now) for each in found.delegations])


def delegation(each: Delegation, *, now: datetime) -> DelegationRow:
    """Who acts in whose place, in a sentence."""
    span = period(each.valid_from.date(), each.valid_to.date())
    return DelegationRow(
        id=each.id,
        delegator=each.delegator,
        delegate=each.delegate,
        valid_from=each.valid_from,
        valid_to=each.valid_to,
        reason=each.reason,
        state=_standing(each, now),
        sentence=f"{each.delegate} acts in place of {each.delegator}, {span}: {each.reason}",
    )


def period(first: date, last: date) -> str:
    """``1 to 7 June 2026``; what both days share is said once."""
    if first == last:
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {_day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {_day(last)}"
    return f"{_day(first)} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _entry(entry: CoveredEntry) -> EntryRow:
    return EntryRow(
        entry=entry.external_id,
        work_date=entry.work_date,
        project=entry.project,
        task=entry.task,
        minutes=entry.minutes,
        hours=hours(entry.minutes),
        billable=entry.billable,
        state_label=ENTRY_STATES.get(entry.state, entry.state),
        remark=entry.why,
    )


def _acting(may: MayDecide) -> str | None:
    if may.acting_as is None:
        return None
    return CAPACITIES.get(may.acting_as, may.acting_as).format(other=may.on_behalf_of)


def _outcome(request: ApprovalRequest) -> str | None:
    if request.decided_by is None:
        return None
    kind, _, policy = request.decided_by.partition(":")
    by = f"policy {policy}" if kind == "policy" and policy else request.decided_by
    how = f" in place of {request.decided_for}" if request.decided_for else ""
    reason = f": {request.reason}" if request.reason else "."
    return f"{STATES.get(request.state, request.state)} by {by}{how}{reason}"


def _one_outcome(result: BatchResult) -> DecisionOutcome:
    approval = row(result.request) if result.request else None
    sentence = approval.outcome if approval else result.detail
    return DecisionOutcome(
        id=result.request_id,
        done=result.status == "decided",
        code=result.code,
        sentence=sentence or "It was not carried out.",
        approval=approval,
    )


def _standing(each: Delegation, now: datetime) -> str:
    if each.ended_at is not None:
        return "ended"
    if now < each.valid_from:
        return "to come"
    return "in force" if now < each.valid_to else "over"
