"""What is known so far about each item of a request, and what failures mean for items."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from shared.http_client import ReadUnanswered
from shared.problems import OutcomeUnknown, TimepostProblem, TooManyRequests, UpstreamRefused
from system_apis.capabilities.erp.schemas import (
    ErpError,
    ErrorClass,
    OutcomeStatus,
    PostedLine,
    PostingOutcome,
    PostingRequest,
)
from system_apis.connectors.tryton.refusals import TrytonRefusal, explain

Batch = Sequence[PostingRequest]


class Outcomes:
    """One outcome per posting key; what was concluded first stays."""

    def __init__(self) -> None:
        self._by_key: dict[str, PostingOutcome] = {}

    def conclude(
        self,
        items: Batch,
        status: OutcomeStatus,
        error: ErpError | None = None,
        line: PostedLine | None = None,
    ) -> None:
        for item in items:
            key = item.posting_key
            outcome = PostingOutcome(posting_key=key, status=status, line=line, error=error)
            self._by_key.setdefault(key, outcome)

    def recognise(self, items: Batch, lines: Iterable[PostedLine]) -> None:
        """Conclude the items that stand in Tryton already."""
        by_key = {line.posting_key: line for line in lines}
        for item in items:
            if line := by_key.get(item.posting_key):
                self.conclude([item], OutcomeStatus.ALREADY_POSTED, line=line)

    def undecided(self, items: Batch) -> list[PostingRequest]:
        return [item for item in items if item.posting_key not in self._by_key]

    def of(self, items: Batch) -> list[PostingOutcome]:
        """In the order of ``items``; two with one key have one outcome."""
        return [self._by_key[item.posting_key] for item in items]


def status_after(problem: TimepostProblem) -> OutcomeStatus:
    """Of the items in a create call that ended in a problem.

    A read without an answer, such as the login before the call, leaves nothing in doubt.
    """
    if isinstance(problem, OutcomeUnknown) and not isinstance(problem, ReadUnanswered):
        return OutcomeStatus.IN_DOUBT
    return OutcomeStatus.RETRY


def error_after(problem: TimepostProblem | TrytonRefusal) -> ErpError:
    """Why items were left alone. The texts of our problems hold no values of postings."""
    if isinstance(problem, TrytonRefusal):
        return explain(problem).model_copy(update={"retriable": True})
    match problem:
        case UpstreamRefused():
            error_class = ErrorClass.AUTH
        case TooManyRequests():
            error_class = ErrorClass.THROTTLED
        case _:
            error_class = ErrorClass.UNAVAILABLE
    return ErpError(
        error_class=error_class,
        vendor_code=problem.code,
        vendor_message=problem.detail,
        retriable=True,
        retry_after_seconds=problem.retry_after,
    )


def by_company(items: Batch, size: int) -> Iterable[Batch]:
    """Batches of one company each: a company is part of the context of a call."""
    ordered = sorted(items, key=lambda item: item.legal_entity_id)
    for _, group in groupby(ordered, key=lambda item: item.legal_entity_id):
        own = list(group)
        for start in range(0, len(own), size):
            yield own[start : start + size]


def error_of_preflight(error_class: ErrorClass, code: str, text: str) -> ErpError:
    """Refused by us, in the moment of posting, before Tryton was asked."""
    return ErpError(
        error_class=error_class,
        vendor_code=f"preflight.{code}",
        vendor_message=f"{text}.",
        retriable=False,
    )


def error_of_unreadable(number: int) -> ErpError:
    return ErpError(
        error_class=ErrorClass.UNAVAILABLE,
        vendor_code="read_back_failed",
        vendor_message=f"Tryton created line {number}, but it could not be read back.",
        retriable=True,
    )
