"""What owners agreed on, what is remembered of it, and what people decided instead."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from uuid import uuid4

from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES, System
from process_apis.processes.master_data.ownership.rules import (
    Claim,
    Origin,
    Pin,
    Rule,
    Settled,
    settled_after,
    survivor,
)

LEFT = ATTRIBUTES["worker", "termination_date"]
BOTH = Rule(("hcm", "erp"))
VALUES = (None, "2026-05-31", "2026-06-30", "2026-07-31")


def claims(hcm: str | None, erp: str | None) -> list[Claim]:
    def claim(system: System, value: str | None) -> Claim:
        return Claim(system, f"{system}-main", "1", value)

    return [claim("erp", erp), claim("hcm", hcm)]


def test_a_conflict_is_told_exactly_when_there_is_one() -> None:
    """Every row of four changes, by either of two, from every agreement."""
    for agreed, *values in product(VALUES, repeat=5):
        for turns in product((True, False), repeat=4):
            _hold(agreed, values, turns)


def _hold(agreed: str | None, values: Sequence[str | None], turns: Sequence[bool]) -> None:
    hcm = erp = base = agreed
    settled = None
    for value, by_hcm in zip(values, turns, strict=True):
        changed, before = ("hcm-main", hcm) if by_hcm else ("erp-main", erp)
        hcm, erp = (value, erp) if by_hcm else (hcm, value)
        if value == before:
            continue
        settled = settled_after(LEFT, BOTH, claims(hcm, erp), settled, changed, before)
        counts = survivor(LEFT, BOTH, claims(hcm, erp), settled)
        if hcm == erp:
            base = hcm
            assert settled is None, "nothing is kept of what is agreed"
        assert counts.conflict is (hcm != erp and base not in (hcm, erp))
        if counts.conflict:
            assert (counts.value, counts.owned) == (base, True)


def test_owners_that_never_agreed_are_no_conflict() -> None:
    now = claims("2026-05-31", "2026-07-31")
    assert settled_after(LEFT, BOTH, now, None, "hcm-main", "2026-06-30") is None
    assert not survivor(LEFT, BOTH, now).conflict


def test_a_copy_settles_nothing() -> None:
    now = claims(None, "2026-07-31")
    assert settled_after(LEFT, Rule(("hcm",)), now, None, "erp-main", None) is None


def test_what_was_decided_against_does_not_count_while_it_is_said() -> None:
    chosen = Settled("2026-07-31", Origin.CHOSEN, {"hcm-main": "2026-05-31"}, uuid4(), "stella")
    counts = survivor(LEFT, BOTH, claims("2026-05-31", "2026-07-31"), chosen)
    assert (counts.value, counts.why, counts.claim) == ("2026-07-31", "stella chose it", None)
    assert counts.decision == chosen.decision

    now = claims("2026-06-30", "2026-07-31")
    settled = settled_after(LEFT, BOTH, now, chosen, "hcm-main", "2026-05-31")
    assert settled is not None
    assert (settled.origin, settled.value) == (Origin.AGREED, "2026-07-31")
    assert survivor(LEFT, BOTH, now, settled).value == "2026-06-30"
    agreed = claims("2026-07-31", "2026-07-31")
    assert settled_after(LEFT, BOTH, agreed, chosen, "hcm-main", "2026-05-31") is None


def test_what_was_accepted_counts_until_its_only_owner_says_something_else() -> None:
    alone = Rule(("hcm",))
    accepted = Settled("2026-07-31", Origin.ACCEPTED, {"hcm-main": "2026-05-31"}, uuid4(), "carl")
    now = claims("2026-05-31", "2026-07-31")
    assert survivor(LEFT, alone, now, accepted).why == "carl accepted it"
    assert settled_after(LEFT, alone, now, accepted, "erp-main", None) == accepted
    other = claims("2026-06-30", "2026-07-31")
    assert settled_after(LEFT, alone, other, accepted, "hcm-main", "2026-05-31") is None


def test_a_pin_goes_before_everything() -> None:
    until = datetime(2026, 7, 1, 12, tzinfo=UTC)
    pin = Pin(uuid4(), "2026-06-15", until, "stella", "asked them")
    settled = Settled(None, Origin.AGREED)
    counts = survivor(LEFT, BOTH, claims("2026-05-31", "2026-07-31"), settled, pin)
    assert (counts.value, counts.decision, counts.conflict) == ("2026-06-15", pin.id, False)
    assert counts.why == "stella pinned it until 2026-07-01 12:00 UTC: asked them"
