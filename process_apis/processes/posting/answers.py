"""What an ERP's answer means for each posting that was sent. Pure: no I/O."""

from dataclasses import dataclass
from datetime import timedelta

from process_apis.processes.posting import outcomes, refusals, rules
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.health import Health, concerns_the_connection, was_not_begun
from process_apis.processes.posting.outcomes import Leased, Result
from process_apis.processes.posting.states import PostingState
from process_apis.timing import Timing
from process_apis.upstream.erp import ErrorClass, PostingOutcome
from shared.problems import TimepostProblem


@dataclass(frozen=True)
class Reading:
    """How the outcomes of one call are read.

    :param settle: how long the ERP may still commit what it did not answer.
    :param health: what the call tells of the connection as a whole.
    """

    erp: str
    settle: timedelta
    timing: Timing
    health: Health

    def result(self, leased: Leased, outcome: PostingOutcome | None) -> Result:
        """One outcome's meaning. No outcome, or one without its line, is an unknown one."""
        if outcome is None or outcome.status == "in_doubt" or _says_it_stands(outcome):
            return in_doubt(leased, self.settle)
        if outcome.status in ("posted", "already_posted"):
            return _done(leased, outcome)
        if outcome.status == "rejected":
            step = refusals.after_refusal(self.erp, leased.kind, leased.request, outcome.error)
            what = "refused by the ERP"
        elif self._reached_nobody(outcome):
            return not_sent(leased)
        else:
            step = refusals.after_retry(leased.attempts, outcome.error, self.timing)
            what = "not possible now"
        findings = [step.finding] if step.finding is not None else []
        if leased.is_half:
            findings = list(rules.half_done(findings))
        return Result(
            leased,
            step.state,
            what,
            step.wait,
            finding=next(iter(findings), None),
            beneath=findings[1:],
            error=outcome.error,
        )

    def _reached_nobody(self, outcome: PostingOutcome) -> bool:
        if was_not_begun(outcome.error):
            return True
        return self.health.failure is not None and concerns_the_connection(outcome.error)


def _done(leased: Leased, outcome: PostingOutcome) -> Result:
    by_this_call = outcome.status == "posted"
    if leased.request.operation == "delete":
        return outcomes.taken_back(leased, "line deleted" if by_this_call else "found deleted")
    if outcome.line is None:
        return in_doubt(leased, timedelta())
    return outcomes.posted(leased, [outcome.line], "posted" if by_this_call else "found posted")


def in_doubt(leased: Leased, wait: timedelta) -> Result:
    """It may stand in the ERP."""
    return Result(leased, PostingState.IN_DOUBT, "outcome unknown", wait)


def not_sent(leased: Leased, what: str | None = None) -> Result:
    """The ERP was never asked: it stands in line where it stood, and nothing is counted."""
    return Result(leased, PostingState.READY, what, due_at=leased.was_due_at, forgive=1)


def not_readable(leased: Leased, problem: TimepostProblem) -> Result:
    """The system tier cannot read this line; sending it again would change nothing."""
    finding = Finding("IO_SCHEMA", detail={"label": problem.detail})
    what = "refused before it was sent"
    return Result(leased, PostingState.BLOCKED, what, finding=finding, forgive=1)


def _says_it_stands(outcome: PostingOutcome) -> bool:
    """A refused duplicate is a line that stands in the ERP: the look-up shows it."""
    error = outcome.error
    return (
        outcome.status == "rejected"
        and error is not None
        and error.error_class is ErrorClass.DUPLICATE
    )
