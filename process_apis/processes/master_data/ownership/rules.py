"""What survives where several systems say something of one attribute, and why. Pure: no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

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

    def owning(self, claims: Sequence["Claim"]) -> list["Claim"]:
        """What owners say, also if that is nothing."""
        return [each for each in claims if self.rank(each) is not None]


@dataclass(frozen=True)
class Claim:
    """What one system says of an attribute.

    :param value: dates as in ISO 8601; None if it says nothing.
    :param changed_at: when Timepost last saw the record change, by its own clock.
    :param filled: how many attributes of its record say something.
    """

    system: System
    connection: str
    external_id: str
    value: str | None
    changed_at: datetime | None = None
    filled: int = 0


class Origin(StrEnum):
    """How a value was settled: owners agreed, or a person chose, or accepted a proposal."""

    AGREED = "agreed"
    CHOSEN = "chosen"
    ACCEPTED = "accepted"


@dataclass(frozen=True)
class Settled:
    """What counts while owners differ.

    :param against: by connection, the value that was decided against. It does not count as long
        as its system goes on saying it; another value of that system does.
    :param decision: the conflict or the proposal that was decided on.
    """

    value: str | None
    origin: Origin
    against: Mapping[str, str | None] = field(default_factory=dict)
    decision: UUID | None = None
    by: str | None = None

    def counting(self, claims: Sequence[Claim]) -> list[Claim]:
        """The claims that were not decided against."""
        return [each for each in claims if not self._rejects(each)]

    def still(self, claims: Sequence[Claim]) -> "Settled":
        """Without what was decided against and is said no more."""
        rejected = {each.connection: each.value for each in claims if self._rejects(each)}
        return replace(self, against=rejected)

    def _rejects(self, claim: Claim) -> bool:
        return claim.connection in self.against and (self.against[claim.connection] == claim.value)


@dataclass(frozen=True)
class Pin:
    """A steward's own value."""

    id: UUID
    value: str
    until: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Survivor:
    """The value that counts.

    :param claim: whose it is; None if a person decided, or nobody's word counts.
    :param owned: an owner or a person says so. Where all owners are silent what the ERP has counts,
        because hours are posted to its record, and no copy is wrong.
    :param why: in words.
    :param decision: the pin, conflict or proposal by which a person decided.
    :param conflict: owners changed it to different values, so what they last agreed on counts.
    """

    value: str | None
    claim: Claim | None
    owned: bool
    why: str
    decision: UUID | None = None
    conflict: bool = False


def survivor(
    attribute: Attribute,
    rule: Rule,
    claims: Sequence[Claim],
    settled: Settled | None = None,
    pin: Pin | None = None,
) -> Survivor:
    """Which value counts. Two owners of one rank that differ are no owner: choosing between them
    would be guessing.

    :param pin: one that is in force.
    """
    if pin is not None:
        why = f"{pin.by} pinned it until {pin.until:%Y-%m-%d %H:%M} UTC: {pin.reason}"
        return Survivor(pin.value, None, True, why, pin.id)
    owners = rule.owning(claims)
    if settled is not None:
        owners = settled.counting(owners)
        if (decided := _decided(attribute, settled, owners)) is not None:
            return decided
    said = [each for each in owners if each.value is not None]
    if said and (best := _best(attribute, rule, said)) is not None:
        return Survivor(best.value, best, True, _why(rule, best, len(said)))
    silent = "its owners differ" if said else "its owners say nothing"
    for each in claims:
        if each.system == "erp" and each.value is not None and rule.rank(each) is None:
            return Survivor(each.value, each, False, f"{silent}, {each.connection} does")
    return Survivor(None, None, False, silent)


def _decided(attribute: Attribute, settled: Settled, owners: Sequence[Claim]) -> Survivor | None:
    """None if there is nothing to hold on to: an owner has a new word, and no other has."""
    new = [each for each in owners if not attribute.same(each.value, settled.value)]
    if any(not attribute.same(each.value, new[0].value) for each in new):
        who = " and ".join(sorted(each.connection for each in new))
        why = f"{who} changed it to different values; what they last agreed on counts"
        return Survivor(settled.value, None, True, why, conflict=True)
    if new or settled.origin is Origin.AGREED:
        return None
    did = "chose" if settled.origin is Origin.CHOSEN else "accepted"
    return Survivor(settled.value, None, True, f"{settled.by} {did} it", settled.decision)


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


def settled_after(
    attribute: Attribute,
    rule: Rule,
    claims: Sequence[Claim],
    settled: Settled | None,
    changed: str,
    before: str | None,
) -> Settled | None:
    """What is settled after a system changed its value; None if nothing is.

    :param claims: as they are now.
    :param changed: whose value is another than ``before``.
    """
    owners = rule.owning(claims)
    if settled is not None:
        left = settled.still(owners)
        if left.against:
            return left
        if all(attribute.same(each.value, owners[0].value) for each in owners):
            return None
        # Nobody says any more what was decided against: from here on it is what was agreed on.
        return replace(left, origin=Origin.AGREED)
    others = [each for each in owners if each.connection != changed]
    if len(others) == len(owners) or not others:
        return None
    if all(attribute.same(each.value, before) for each in others):
        return Settled(before, Origin.AGREED)
    return None
