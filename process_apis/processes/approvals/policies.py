"""Whether a policy may approve hours without a person. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol


class Policy(Protocol):
    """What a policy allows; see `configuration.PolicyTable`."""

    @property
    def id(self) -> str: ...
    @property
    def legal_entities(self) -> Sequence[str]: ...
    @property
    def max_hours_per_day(self) -> float: ...
    @property
    def billable(self) -> bool | None: ...
    @property
    def projects(self) -> Sequence[str] | None: ...
    @property
    def after_days(self) -> int: ...


@dataclass(frozen=True)
class Hours:
    """An entry as a policy sees it.

    :param legal_entity: code of the worker's company; None if the ERP does not know the worker.
    :param projects: codes by which the project is known.
    :param day_minutes: of all entries of that worker and day.
    :param rejected_before: a person once said no to this entry.
    """

    work_date: date
    minutes: int
    running: bool
    billable: bool
    legal_entity: str | None
    projects: frozenset[str]
    day_minutes: int
    rejected_before: bool


@dataclass(frozen=True)
class Verdict:
    """The policy that approves, or why none does."""

    policy: str | None
    reasons: tuple[str, ...] = ()


def judge(hours: Hours, policies: Sequence[Policy], today: date) -> Verdict:
    """The first policy that has nothing against it approves.

    :param today: in UTC, which is what all workers' days are compared with.
    """
    if hours.rejected_before:
        return Verdict(None, ("a person rejected an earlier version",))
    if hours.running:
        return Verdict(None, ("its timer still runs",))
    if hours.minutes <= 0:
        return Verdict(None, ("it has no duration",))
    reasons: list[str] = []
    for policy in policies:
        against = _against(hours, policy, today)
        if not against:
            return Verdict(policy.id)
        reasons += [f"policy {policy.id}: {each}" for each in against]
    return Verdict(None, tuple(reasons))


def _against(hours: Hours, policy: Policy, today: date) -> list[str]:
    found = []
    if hours.legal_entity is None:
        found.append("the worker is not bound to one in the ERP")
    elif hours.legal_entity not in policy.legal_entities:
        found.append(f"legal entity {hours.legal_entity} does not allow it")
    if hours.day_minutes > policy.max_hours_per_day * 60:
        found.append(f"the day has {hours.day_minutes / 60:.2f} hours")
    if policy.billable is not None and hours.billable is not policy.billable:
        found.append("it is billable" if hours.billable else "it is not billable")
    if policy.projects is not None and not hours.projects & set(policy.projects):
        found.append("its project is not in the policy")
    if hours.work_date + timedelta(days=policy.after_days) > today:
        found.append("its day is not over")
    return found
