"""Who may submit, decide and delegate. Pure: no I/O.

People are known by their work email, because that is the one name that a token's subject, a
tracker's worker and the ERP's worker have in common. Addresses are compared as they come out of
`address`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

CONTROLLER = "finance.controller"
MANAGER = "project.manager"
# Whoever keeps books for others may submit for them; nobody decides what they submitted.
SUBMIT_FOR_OTHERS = frozenset(
    {MANAGER, "finance.analyst", CONTROLLER, "integration.operator"},
)


class Capacity(StrEnum):
    """What somebody acted as."""

    WORKER = "worker"
    RESPONSIBLE = "responsible"
    DELEGATE = "delegate"
    ON_BEHALF = "on_behalf"
    ESCALATION = "escalation"
    POLICY = "policy"


@dataclass(frozen=True)
class Delegation:
    """`delegator` lets `delegate` act from `valid_from` until before `valid_to`."""

    id: UUID
    delegator: str
    delegate: str
    valid_from: datetime
    valid_to: datetime

    def holds_at(self, instant: datetime) -> bool:
        return self.valid_from <= instant < self.valid_to

    def overlaps(self, other: "Delegation") -> bool:
        return self.valid_from < other.valid_to and other.valid_from < self.valid_to


@dataclass(frozen=True)
class Person:
    """Who acts.

    :param email: None if the approvals file does not know the subject.
    """

    subject: str
    email: str | None
    roles: frozenset[str]


@dataclass(frozen=True)
class Case:
    """What a decision is about.

    :param worker_emails: every address by which the worker is known.
    :param approver: who is responsible; None if only a controller may decide.
    :param submitted_by: subject of whoever submitted it.
    :param submitter_email: the same person's, who may have several accounts.
    """

    worker_emails: frozenset[str]
    approver: str | None
    submitted_by: str
    submitter_email: str | None = None


@dataclass(frozen=True)
class Authority:
    """What gives somebody the right.

    :param on_behalf_of: in whose place a delegate acts.
    """

    capacity: Capacity
    on_behalf_of: str | None = None
    delegation_id: UUID | None = None


@dataclass(frozen=True)
class Refusal:
    """Why somebody may not; `code` is stable."""

    code: str
    reason: str


def in_our_time(year: int) -> bool:
    """Whether a year may be meant: calendars end where dates cannot be counted on."""
    return 2000 <= year <= 2999


def address(email: str | None) -> str | None:
    """An address as it is compared: without case and surrounding spaces."""
    return (email or "").strip().casefold() or None


def period_of(day: date, length: str, week_starts: int = 0) -> tuple[date, date]:
    """First and last day of the week or month that a day lies in.

    :param week_starts: 0 is Monday, 6 is Sunday.
    """
    if length == "month":
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return first, following - timedelta(days=1)
    first = day - timedelta(days=(day.weekday() - week_starts) % 7)
    return first, first + timedelta(days=6)


def responsible(
    worker_emails: Collection[str],
    projects: Sequence[str | None],
    by_project: Mapping[str, str],
    default: str,
) -> str | None:
    """Who decides on hours of these projects; None: a controller, as nobody else is left.

    A manager who works on a project of their own is not asked about their own hours.
    """
    named = next((by_project[each] for each in projects if each and each in by_project), None)
    for candidate in (named, default):
        if candidate is not None and candidate not in worker_emails:
            return candidate
    return None


def acting_for(people: Iterable[str], delegations: Iterable[Delegation], at: datetime) -> set[str]:
    """Everybody to whom these people's powers have come, over any number of steps."""
    holding = [each for each in delegations if each.holds_at(at)]
    reached: set[str] = set()
    waiting = list(people)
    while waiting:
        person = waiting.pop()
        for each in holding:
            if each.delegator == person and each.delegate not in reached:
                reached.add(each.delegate)
                waiting.append(each.delegate)
    return reached


def may_submit(
    person: Person,
    worker_emails: frozenset[str],
    delegations: Iterable[Delegation],
    at: datetime,
) -> Authority | Refusal:
    """Whether somebody may submit a worker's hours."""
    if person.email in worker_emails:
        return Authority(Capacity.WORKER)
    for each in delegations:
        if each.holds_at(at) and each.delegate == person.email and each.delegator in worker_emails:
            return Authority(Capacity.DELEGATE, each.delegator, each.id)
    if person.roles & SUBMIT_FOR_OTHERS:
        return Authority(Capacity.ON_BEHALF, min(worker_emails, default=None))
    return Refusal("not_your_hours", "These are somebody else's hours.")


def may_decide(
    person: Person, case: Case, delegations: Sequence[Delegation], at: datetime
) -> Authority | Refusal:
    """Whether somebody may decide; what stands against it goes before what speaks for it."""
    against = _against(person, case, delegations, at)
    if against is not None:
        return against
    if person.email == case.approver:
        return Authority(Capacity.RESPONSIBLE)
    for each in delegations:
        holds = each.holds_at(at) and each.delegate == person.email
        if holds and each.delegator == case.approver:
            return _in_place_of(each, case, delegations, at)
    if CONTROLLER in person.roles:
        return Authority(Capacity.ESCALATION)
    return Refusal("not_responsible", "Somebody else is responsible for this.")


def _against(
    person: Person, case: Case, delegations: Sequence[Delegation], at: datetime
) -> Refusal | None:
    """What bars somebody, whatever rights they have."""
    if person.email is None:
        return Refusal(
            "person_unknown",
            "Your account is not listed with a work email, so it cannot be told whose hours "
            "are your own.",
        )
    if person.email in case.worker_emails:
        return Refusal("self_approval", "Nobody decides on their own hours.")
    if person.email in acting_for(case.worker_emails, delegations, at):
        return Refusal("self_approval", "Nobody decides on the hours of a person they stand for.")
    if person.subject == case.submitted_by or person.email == case.submitter_email:
        return Refusal("self_approval", "Nobody decides on what they submitted themselves.")
    return None


def _in_place_of(
    delegation: Delegation, case: Case, delegations: Sequence[Delegation], at: datetime
) -> Authority | Refusal:
    """A delegate has no more rights than who gave them."""
    barred = case.worker_emails | acting_for(case.worker_emails, delegations, at)
    if delegation.delegator in barred:
        return Refusal("self_approval", "Whom you stand for may not decide on these hours.")
    return Authority(Capacity.DELEGATE, delegation.delegator, delegation.id)


def may_delegate(wanted: Delegation, others: Iterable[Delegation]) -> Refusal | None:
    """Whether a delegation may be made: to somebody else, and not handed on.

    :param others: every delegation that has not ended.
    """
    if wanted.delegator == wanted.delegate:
        return Refusal("delegate_to_self", "Nobody is their own delegate.")
    if wanted.valid_to <= wanted.valid_from:
        return Refusal("delegation_span", "It has to begin before it ends.")
    for each in others:
        if not each.overlaps(wanted):
            continue
        if each.delegator == wanted.delegate:
            return Refusal("delegation_chain", f"{each.delegator} has a delegate at that time.")
        if each.delegate == wanted.delegator:
            return Refusal("delegation_chain", f"{each.delegate} stands for somebody at that time.")
    return None
