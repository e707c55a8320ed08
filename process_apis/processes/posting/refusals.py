"""What an ERP's refusal means for a posting. Pure: no I/O."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from process_apis.processes.master_data.keys import dependency_key, periods_key
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.states import PostingKind, PostingState
from process_apis.timing import Timing
from process_apis.upstream.erp import ErpError, ErrorClass, PostingRequest

MAX_REFUSALS = 8
# Something in doubt is looked up for as long as it takes; 2 ** attempts would not be a number.
_MOST_DOUBLINGS = 30

# Class of refusal -> code of the catalogue.
_CODES = {
    ErrorClass.PERIOD_CLOSED: "PD_CLOSED",
    ErrorClass.PROJECT_CLOSED: "MD_PROJECT_CLOSED",
    ErrorClass.WORKER_MISSING: "MD_WORKER_UNKNOWN",
    ErrorClass.REFERENCE_INACTIVE: "MD_TASK_INVALID",
    ErrorClass.INVOICED_LOCKED: "EX_LOCKED",
}


@dataclass(frozen=True)
class Next:
    """Where a posting goes after an answer that was not "posted"."""

    state: PostingState
    wait: timedelta
    finding: Finding | None = None


def after_refusal(
    erp: str, kind: PostingKind, request: PostingRequest, error: ErpError | None
) -> Next:
    """The ERP said no, and will again until something changes there.

    What it knows better than our copy of its masters is parked until they are news of; for
    anything else a person has to act.
    """
    said = error.vendor_message if error else "no reason was given"
    detail = {"said": said, "label": _label(request, error), "why": "the ERP says so"}
    code = _CODES.get(error.error_class, "EX_REJECTED") if error else "EX_REJECTED"
    if code == "EX_LOCKED" and (kind is PostingKind.REVERSAL or request.operation == "update"):
        # It was invoiced after we had looked.
        return Next(PostingState.BLOCKED, timedelta(), Finding("CO_AFTER_INVOICE", (), detail))
    keys = _news_of(erp, request, error.error_class) if error else ()
    state = PostingState.PARKED if keys else PostingState.BLOCKED
    return Next(state, timedelta(), Finding(code, keys, detail))


def after_retry(attempts: int, error: ErpError | None, timing: Timing) -> Next:
    """Nothing happened and it may work later; after many tries, somebody has to look."""
    if attempts >= MAX_REFUSALS:
        said = error.vendor_message if error else "it did not say why"
        finding = Finding("IO_UNAVAILABLE", detail={"said": said})
        return Next(PostingState.DEAD_LETTER, timedelta(), finding)
    asked = error.retry_after_seconds if error else None
    return Next(PostingState.READY, backoff(attempts, timing, asked))


def backoff(attempts: int, timing: Timing, asked: int | None = None) -> timedelta:
    """Doubling with jitter, and never earlier than the other side asked for."""
    doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    ceiling = min(timing.retry_first * 2**doublings, timing.retry_most)
    # Spread over the upper half, so that what failed together does not come back together.
    seconds = random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreading, not a secret
    return timedelta(seconds=max(seconds, asked or 0))


def _news_of(erp: str, request: PostingRequest, error_class: ErrorClass) -> tuple[str, ...]:
    """Dependency keys of the masters whose change may make the ERP accept it."""
    project = dependency_key("project", erp, request.project_id)
    worker = dependency_key("worker", erp, request.worker_id)
    task = [dependency_key("task", erp, request.task_id)] if request.task_id else []
    keys: Mapping[ErrorClass, Sequence[str]] = {
        ErrorClass.PERIOD_CLOSED: (periods_key(erp, request.legal_entity_id),),
        ErrorClass.PROJECT_CLOSED: (project,),
        ErrorClass.WORKER_MISSING: (worker,),
        ErrorClass.REFERENCE_INACTIVE: (*task, project, worker),
    }
    return tuple(keys.get(error_class, ()))


def _label(request: PostingRequest, error: ErpError | None) -> str:
    if error and error.error_class is ErrorClass.WORKER_MISSING:
        return f"worker {request.worker_id}"
    return f"project {request.project_id}"
