"""What survives where several systems say something of one attribute, and why. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from process_apis.processes.master_data.ownership.attributes import Attribute, System

Survivorship = Literal["source_priority", "most_recent", "most_complete"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Rule:
    """Who owns an attribute, and which of several owners' words survives.

    :param owners: kinds of systems, or `connection:<name>`; the first goes before the second.
    """

    owners: tuple[str, ...]
    survivorship: Survivorship = "source_priority"

    def rank(self, claim: "Claim") -> int | None:
        """Place among the owners; None of a copy. A connection that is named goes by its name."""
        for name in (f"connection:{claim.connection}", claim.system):
            if name in self.owners:
                return self.owners.index(name)
        return None


@dataclass(frozen=True)
class Claim:
    """What one system says of an attribute.

    :param value: dates as in ISO 8601; None if it says nothing.
    :param changed_at: when Timepost saw it change, by its own clock.
    :param filled: how many attributes of its record say something.
    """

    system: System
    connection: str
    external_id: str
    value: str | None
    changed_at: datetime | None = None
    filled: int = 0


@dataclass(frozen=True)
class Survivor:
    """The value that counts.

    :param claim: whose it is; None if nobody's word counts.
    :param owned: an owner says so. Where all owners are silent what the ERP has counts, because
        hours are posted to its record, and no copy is wrong.
    :param why: in words.
    """

    value: str | None
    claim: Claim | None
    owned: bool
    why: str


def survivor(attribute: Attribute, rule: Rule, claims: Sequence[Claim]) -> Survivor:
    """Which of the claims counts.

    Two owners of one rank that differ are no owner: choosing between them would be guessing.
    """
    said = [each for each in claims if each.value is not None]
    owners = [each for each in said if rule.rank(each) is not None]
    if owners and (best := _best(attribute, rule, owners)) is not None:
        return Survivor(best.value, best, True, _why(rule, best, len(owners)))
    silent = "its owners differ" if owners else "its owners say nothing"
    for each in said:
        if each.system == "erp" and rule.rank(each) is None:
            return Survivor(each.value, each, False, f"{silent}, {each.connection} does")
    return Survivor(None, None, False, silent)


def _best(attribute: Attribute, rule: Rule, owners: Sequence[Claim]) -> Claim | None:
    left = sorted(owners, key=lambda each: (_order(rule, each), each.connection))
    while left:
        equal = [each for each in left if _order(rule, each) == _order(rule, left[0])]
        if all(attribute.same(each.value, left[0].value) for each in equal):
            return left[0]
        left = left[len(equal) :]
    return None


def _order(rule: Rule, claim: Claim) -> tuple[float, int]:
    """The least goes first."""
    rank = rule.rank(claim) or 0
    if rule.survivorship == "most_recent":
        return -(claim.changed_at or _LONG_AGO).timestamp(), rank
    if rule.survivorship == "most_complete":
        return -claim.filled, rank
    return 0, rank


def _why(rule: Rule, best: Claim, owners: int) -> str:
    if owners == 1:
        return f"{best.connection} owns it"
    if rule.survivorship == "most_recent" and best.changed_at is not None:
        return f"{best.connection} changed it last, {best.changed_at:%Y-%m-%d %H:%M} UTC"
    if rule.survivorship == "most_complete":
        return f"{best.connection} has the most complete record"
    return f"{best.connection} is the first of its owners that says something"
