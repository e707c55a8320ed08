"""What an observation of an entry means. Pure: no I/O.

An observation is what was read from the tracker at one moment: content, and what is known of
its approval. Applying it to the entry's head gives the head after it, a new version if the
content changed, and the steps for the lineage.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from process_apis.processes.time_entries import revisions
from process_apis.processes.time_entries.states import EntryState
from process_apis.processes.time_entries.transitions import Actor, transition

# Left out of the hash: names and emails belong to master data, approval has its own state, and
# `invoiced` is the echo of our own feedback.
_CONTENT = (
    "work_date",
    "minutes",
    "started_at",
    "ended_at",
    "timezone",
    "billable",
    "narrative",
    "tags",
    "running",
)
_SUBMITTED = (EntryState.SUBMITTED, EntryState.PARTIALLY_APPROVED)
_REFERENCES = ("worker", "client", "project", "task")

ApprovalWord = Literal["OPEN", "SUBMITTED", "PARTIALLY_APPROVED", "APPROVED", "REJECTED"]


@dataclass(frozen=True)
class Decision:
    """What the tracker says about the approval that covers an entry."""

    status: ApprovalWord
    approval_id: str | None = None
    approver: dict[str, Any] | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Observation:
    """One entry as read at `observed_at` (the moment before the read began).

    :param content: the entry in the contract's JSON form; None if it is gone.
    :param decision: None if this read tells nothing about the approval.
    :param by: whose act it shows.
    :param actor: who that is, by name, if not the tracker.
    :param facts: what the lineage says beside that.
    :param final: pushed by a tracker that cannot be asked: no later read will say it again.
    :param pushed: the tracker's own statement about one version, not a read of the present one.
    :param revision: the tracker's own number of what was seen, if it has one.
    """

    external_id: str
    observed_at: datetime
    origin: str
    content: dict[str, Any] | None
    decision: Decision | None = None
    carrier: Mapping[str, str] = field(default_factory=dict)
    by: Actor = Actor.TRACKER
    actor: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    final: bool = False
    pushed: bool = False
    revision: int | None = None

    @property
    def ours_to_approve(self) -> bool:
        """Timepost gives the approvals. They hold for the very version that was submitted, and
        there is nobody else to ask about them."""
        return self.by is not Actor.TRACKER


@dataclass(frozen=True)
class Head:
    """Where an entry stands."""

    state: EntryState
    version: int
    content_hash: str
    observed_at: datetime
    worker_external_id: str
    work_date: date
    minutes: int
    approved_version: int | None = None
    approval_id: str | None = None
    approver: dict[str, Any] | None = None
    approved_at: datetime | None = None
    revision: int | None = None


# The tracker's word is that what was posted of it does not count.
_TAKEN_BACK = frozenset({EntryState.DELETED, EntryState.REJECTED})

Effect = Literal["stale", "unchanged", "refused", "changed"]


@dataclass(frozen=True)
class Outcome:
    """What an observation did.

    :param new_version: the content to append as `head.version`, if it changed.
    :param steps: words for the lineage.
    :param ask_approval: an approval that has to be read again, for what it says now.
    :param ask_entry: the entry itself has to be.
    :param passed_over: the tracker's numbers of versions in between that were never seen.
    """

    effect: Effect
    head: Head | None
    new_version: dict[str, Any] | None = None
    steps: tuple[str, ...] = ()
    ask_approval: str | None = None
    ask_entry: bool = False
    passed_over: tuple[int, int] | None = None


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 over what makes two versions different; the order of tags does not."""
    relevant: dict[str, Any] = {name: content.get(name) for name in _CONTENT}
    relevant["tags"] = sorted(content.get("tags") or [])
    # Only where there is one: what was hashed before trackers could tell stays the same.
    if content.get("activity") is not None:
        relevant["activity"] = content["activity"]
    for name in _REFERENCES:
        reference = content.get(name)
        relevant[name] = reference["external_id"] if reference else None
    canonical = json.dumps(relevant, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def apply(head: Head | None, seen: Observation) -> Outcome:
    """The entry's head after an observation.

    A read that began before the one that made the head is stale: it may show what was true
    before, so it changes nothing. But the later read may have told nothing of the approval that
    the stale one is about, so what that would have changed is asked again. Where the tracker
    numbers its versions, a pushed one with an older number is stale whenever it comes.

    A move that the table of transitions does not have is refused as a whole.
    """
    outcome = _observed(head, seen)
    if outcome.head is None or outcome.effect not in ("changed", "unchanged"):
        return outcome
    refusal = _refusal(head, outcome.head, seen) if outcome.effect == "changed" else None
    if refusal is not None:
        return Outcome("refused", head, steps=(refusal,))
    gap = revisions.passed_over(head, outcome.head)
    if gap is None:
        return outcome
    missed = f"revisions {gap[0]} to {gap[1]} were not seen"
    return replace(outcome, passed_over=gap, steps=(*outcome.steps, missed))


def _refusal(before: Head | None, after: Head, seen: Observation) -> str | None:
    """Why this must not happen; staying in a state is no move, but being approved again is one."""
    source = before.state if before else None
    approvals = (before.approved_version, before.approval_id) if before else (None, None)
    again = after.state is EntryState.APPROVED and approvals != (
        after.approved_version,
        after.approval_id,
    )
    if source is after.state and not again:
        return None
    once = before is not None and before.approved_version is not None
    if transition(source, after.state, seen.by, approved_before=once) is not None:
        return None
    return f"refused: {source or 'unknown'} to {after.state} by {seen.by}"


def _observed(head: Head | None, seen: Observation) -> Outcome:
    if head is not None and revisions.is_stale(head, seen):
        return Outcome(
            "stale", head, ask_approval=_left_unsaid(head, seen), ask_entry=_may_be_gone(head, seen)
        )
    if seen.content is None:
        return _gone(head, seen)
    digest = content_hash(seen.content)
    if head is not None and revisions.contradicts(
        head, seen, same=digest == head.content_hash and _decided(head, seen.decision) == head
    ):
        again = f"refused: revision {seen.revision} came again and says something else"
        return Outcome("refused", head, steps=(again,))
    if head is not None and head.state is not EntryState.DELETED and digest == head.content_hash:
        return _outcome(head, _decided(revisions.stamped(head, seen), seen.decision), None)
    after = _with_content(head, seen, seen.content, digest)
    decided = _decided(after, seen.decision)
    ask = None
    if seen.ours_to_approve:
        return _outcome(head, decided, seen.content)
    if seen.decision is None and head is not None and head.state is EntryState.APPROVED:
        # The content changed under an approval of which this read says nothing: until the
        # approval has been read again, the new content is not approved.
        ask = head.approval_id
    return _outcome(head, decided, seen.content, ask)


def _gone(head: Head | None, seen: Observation) -> Outcome:
    if head is None:
        return Outcome("changed", _never_seen(seen)) if seen.final else Outcome("unchanged", None)
    if head.state is EntryState.DELETED:
        return Outcome("unchanged", replace(head, observed_at=seen.observed_at))
    after = replace(head, state=EntryState.DELETED, observed_at=seen.observed_at)
    return Outcome("changed", after, steps=("deleted in the tracker",))


def _never_seen(seen: Observation) -> Head:
    """Remembers a deletion that overtook the entry, which may still come and must not count."""
    return Head(
        state=EntryState.DELETED,
        version=0,
        content_hash="",
        observed_at=seen.observed_at,
        worker_external_id="",
        work_date=seen.observed_at.date(),
        minutes=0,
    )


def _with_content(
    head: Head | None, seen: Observation, content: Mapping[str, Any], digest: str
) -> Head:
    facts: dict[str, Any] = {
        "content_hash": digest,
        "worker_external_id": content["worker"]["external_id"],
        "work_date": date.fromisoformat(str(content["work_date"])),
        "minutes": int(content["minutes"]),
    }
    if head is None:
        facts |= {"observed_at": seen.observed_at, "revision": seen.revision}
        return Head(state=EntryState.DRAFT, version=1, **facts)
    state = EntryState.DRAFT if head.approved_version is None else EntryState.REOPENED
    if head.state in _SUBMITTED and not seen.ours_to_approve:
        state = EntryState.SUBMITTED
    return replace(revisions.stamped(head, seen), state=state, version=head.version + 1, **facts)


def _decided(head: Head, decision: Decision | None) -> Head:
    """The head under what is now known of its approval."""
    if decision is None or _speaks_of_another(head, decision):
        return head
    if decision.status == "APPROVED":
        return replace(
            head,
            state=EntryState.APPROVED,
            approved_version=head.version,
            approval_id=decision.approval_id,
            approver=decision.approver,
            approved_at=decision.decided_at,
        )
    states = {
        "SUBMITTED": EntryState.SUBMITTED,
        "PARTIALLY_APPROVED": EntryState.PARTIALLY_APPROVED,
        "REJECTED": EntryState.REJECTED,
        "OPEN": EntryState.DRAFT if head.approved_version is None else EntryState.REOPENED,
    }
    return replace(
        head, state=states[decision.status], approval_id=decision.approval_id or head.approval_id
    )


def _left_unsaid(head: Head, seen: Observation) -> str | None:
    """The approval to read again because its own reading was overtaken by another one."""
    if seen.origin != "approval" or seen.decision is None:
        return None
    return seen.decision.approval_id if _decided(head, seen.decision) != head else None


def _may_be_gone(head: Head, seen: Observation) -> bool:
    """A stale read found nothing there. What came after it may have been an approval alone, which
    says nothing of whether its former entries still are there."""
    return seen.content is None and not seen.pushed and head.state is not EntryState.DELETED


def _speaks_of_another(head: Head, decision: Decision) -> bool:
    """An old request that was withdrawn says nothing about a newer one that was approved."""
    return (
        head.state is EntryState.APPROVED
        and decision.status != "APPROVED"
        and decision.approval_id is not None
        and head.approval_id is not None
        and decision.approval_id != head.approval_id
        and (
            decision.decided_at is None
            or head.approved_at is None
            or decision.decided_at <= head.approved_at
        )
    )


def _outcome(
    before: Head | None, after: Head, content: dict[str, Any] | None, ask: str | None = None
) -> Outcome:
    steps: list[str] = []
    if content is not None:
        steps.append("created" if before is None else f"version {after.version}")
    if before is None or before.state is not after.state:
        if not (before is None and after.state is EntryState.DRAFT):
            steps.append(after.state.value.lower())
    elif after.state is EntryState.APPROVED and after.approval_id != before.approval_id:
        steps.append("approved again")
    effect: Effect = "changed" if steps else "unchanged"
    return Outcome(effect, after, content, tuple(steps), ask)


def needs_posting(before: Head | None, after: Head) -> bool:
    """Whether the sub-ledger has to look: anything approved came, went or changed.

    What was rejected after it was only reopened is taken back, and no longer so once it is
    submitted again: neither changes what is approved.
    """
    if before is None:
        return after.state is EntryState.APPROVED
    was, now = (
        (
            each.state is EntryState.APPROVED,
            each.approved_version,
            each.version,
            each.state in _TAKEN_BACK,
        )
        for each in (before, after)
    )
    deleted = after.state is EntryState.DELETED and before.state is not EntryState.DELETED
    once = before.approved_version is not None or after.approved_version is not None
    return (was != now and once) or deleted
