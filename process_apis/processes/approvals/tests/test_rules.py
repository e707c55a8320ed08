"""Who may submit, decide and delegate, along every chain."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.approvals import rules
from process_apis.processes.approvals.rules import (
    Authority,
    Capacity,
    Case,
    Delegation,
    Person,
    Refusal,
)

NOW = datetime(2026, 6, 8, 9, tzinfo=UTC)
NAMES = ("worker", "boss", "deputy", "other", "last")


def _delegation(pair: str, *, begins: int = -1, ends: int = 1) -> Delegation:
    delegator, delegate = pair.split(">")
    day = timedelta(days=1)
    return Delegation(uuid4(), delegator, delegate, NOW + begins * day, NOW + ends * day)


def _person(name: str, *roles: str) -> Person:
    return Person(f"subject-{name}", name, frozenset(roles))


def _case(approver: str | None = "boss", submitted_by: str = "subject-worker", *more: str) -> Case:
    return Case(frozenset({"worker", *more}), approver, submitted_by)


def _told(name: str, case: Case, *pairs: str, roles: tuple[str, ...] = ()) -> str:
    """Capacity, or code of the refusal."""
    known = [_delegation(each) for each in pairs]
    result = rules.may_decide(_person(name, *roles), case, known, NOW)
    return result.code if isinstance(result, Refusal) else str(result.capacity)


@pytest.mark.parametrize(
    ("who", "pairs", "roles", "told"),
    [
        ("boss", (), (), "responsible"),
        ("other", (), (), "not_responsible"),
        ("other", (), ("finance.controller",), "escalation"),
        ("other", (), ("project.manager",), "not_responsible"),
        ("deputy", ("boss>deputy",), (), "delegate"),
        ("worker", (), (), "self_approval"),
        ("worker", (), ("finance.controller",), "self_approval"),
        # The worker is the approver's delegate: back to oneself.
        ("worker", ("boss>worker",), (), "self_approval"),
        ("worker", ("boss>deputy", "deputy>worker"), (), "self_approval"),
        # The approver is the worker's delegate.
        ("boss", ("worker>boss",), (), "self_approval"),
        ("boss", ("worker>boss",), ("finance.controller",), "self_approval"),
        # ... over several steps, should such a chain ever stand in the table.
        ("boss", ("worker>other", "other>boss"), (), "self_approval"),
        ("deputy", ("worker>boss", "boss>deputy"), (), "self_approval"),
        ("deputy", ("worker>other", "other>deputy", "boss>deputy"), (), "self_approval"),
        # A controller who stands for the worker is not a way round.
        ("other", ("worker>other",), ("finance.controller",), "self_approval"),
        # Having the worker as one's own delegate does not bar the approver.
        ("boss", ("boss>worker",), (), "responsible"),
        # A delegate's delegate has nothing.
        ("last", ("boss>deputy", "deputy>last"), (), "not_responsible"),
    ],
)
def test_who_may_decide(
    who: str, pairs: tuple[str, ...], roles: tuple[str, ...], told: str
) -> None:
    assert _told(who, _case(), *pairs, roles=roles) == told


def test_a_delegate_has_no_more_rights_than_the_approver() -> None:
    """A worker who is responsible for their own hours cannot have their deputy approve them."""
    assert _told("deputy", _case("worker"), "worker>deputy") == "self_approval"
    assert _told("other", _case(None), roles=("finance.controller",)) == "escalation"
    assert _told("boss", _case(None)) == "not_responsible"


def test_every_address_of_the_worker_counts() -> None:
    case = _case("boss", "subject-worker", "boss")
    assert _told("boss", case) == "self_approval"
    assert _told("deputy", case, "boss>deputy") == "self_approval"


def test_nobody_decides_on_what_they_submitted() -> None:
    assert _told("boss", _case("boss", "subject-boss")) == "self_approval"
    other_account = Case(frozenset({"worker"}), "boss", "second account", "boss")
    assert _told("boss", other_account) == "self_approval"


def test_who_is_not_listed_decides_nothing() -> None:
    person = Person("subject", None, frozenset({"finance.controller"}))
    result = rules.may_decide(person, _case(), [], NOW)
    assert isinstance(result, Refusal)
    assert result.code == "person_unknown"


@pytest.mark.parametrize(("begins", "ends"), [(-3, -1), (1, 2), (-1, 0)])
def test_a_delegation_holds_in_its_span_only(begins: int, ends: int) -> None:
    known = [_delegation("boss>deputy", begins=begins, ends=ends)]
    result = rules.may_decide(_person("deputy"), _case(), known, NOW)
    assert isinstance(result, Refusal)


pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda p: p[0] != p[1])


@given(
    known=st.lists(pairs, max_size=8),
    who=st.sampled_from(NAMES),
    approver=st.sampled_from([*NAMES, None]),
    controller=st.booleans(),
)
def test_whatever_is_delegated_nobody_approves_their_own_hours(
    known: list[tuple[str, str]], who: str, approver: str | None, controller: bool
) -> None:
    delegations = [_delegation(f"{a}>{b}") for a, b in known]
    roles = ("finance.controller",) if controller else ()

    result = rules.may_decide(_person(who, *roles), _case(approver), delegations, NOW)

    if isinstance(result, Authority):
        reached = {"worker"}
        for _ in NAMES:
            reached |= {b for a, b in known if a in reached}
        assert who not in reached
        assert result.on_behalf_of not in reached
        responsible = result.capacity is Capacity.RESPONSIBLE and who == approver
        stands = result.capacity is Capacity.DELEGATE and (approver, who) in known
        assert responsible or stands or (result.capacity is Capacity.ESCALATION and controller)


@given(known=st.lists(pairs, max_size=8))
def test_delegations_that_may_be_made_never_form_a_chain(known: list[tuple[str, str]]) -> None:
    made: list[Delegation] = []
    for a, b in known:
        wanted = _delegation(f"{a}>{b}")
        if rules.may_delegate(wanted, made) is None:
            made.append(wanted)
    givers = {each.delegator for each in made}
    assert givers.isdisjoint({each.delegate for each in made})


@pytest.mark.parametrize(
    ("wanted", "standing", "code"),
    [
        ("boss>deputy", (), None),
        ("boss>deputy", ("boss>other",), None),
        ("boss>deputy", ("other>deputy",), None),
        ("boss>boss", (), "delegate_to_self"),
        ("deputy>other", ("boss>deputy",), "delegation_chain"),
        ("other>boss", ("boss>deputy",), "delegation_chain"),
        ("deputy>boss", ("boss>deputy",), "delegation_chain"),
    ],
)
def test_what_may_be_delegated(wanted: str, standing: tuple[str, ...], code: str | None) -> None:
    refusal = rules.may_delegate(_delegation(wanted), [_delegation(each) for each in standing])
    assert (refusal.code if refusal else None) == code


def test_a_chain_of_delegations_that_do_not_overlap_is_none() -> None:
    earlier = _delegation("boss>deputy", begins=-3, ends=-1)
    later = _delegation("deputy>other", begins=-1, ends=1)
    assert rules.may_delegate(later, [earlier]) is None
    backwards = rules.may_delegate(_delegation("a>b", begins=1, ends=1), [])
    assert backwards is not None
    assert backwards.code == "delegation_span"


@pytest.mark.parametrize(
    ("who", "pairs", "roles", "told"),
    [
        ("worker", (), (), "worker"),
        ("deputy", ("worker>deputy",), (), "delegate"),
        ("other", (), ("finance.analyst",), "on_behalf"),
        ("other", (), ("consultant",), "not_your_hours"),
        ("last", ("worker>deputy", "deputy>last"), (), "not_your_hours"),
    ],
)
def test_who_may_submit(
    who: str, pairs: tuple[str, ...], roles: tuple[str, ...], told: str
) -> None:
    known = [_delegation(each) for each in pairs]
    result = rules.may_submit(_person(who, *roles), frozenset({"worker"}), known, NOW)
    assert told == (result.code if isinstance(result, Refusal) else result.capacity)


@pytest.mark.parametrize(
    ("worker", "projects", "approver"),
    [
        ("ada", ("P-1",), "pm"),
        ("ada", (None, "Named P-1", "P-1"), "pm"),
        ("ada", ("P-2",), "boss"),
        ("ada", (), "boss"),
        ("pm", ("P-1",), "boss"),
        ("boss", ("P-1",), "pm"),
        ("boss", ("P-2",), None),
    ],
)
def test_who_is_responsible(
    worker: str, projects: tuple[str | None, ...], approver: str | None
) -> None:
    assert rules.responsible({worker}, projects, {"P-1": "pm"}, "boss") == approver


@pytest.mark.parametrize(
    ("day", "length", "start", "first", "last"),
    [
        ("2026-06-02", "week", 0, "2026-06-01", "2026-06-07"),
        ("2026-06-07", "week", 0, "2026-06-01", "2026-06-07"),
        ("2026-06-07", "week", 6, "2026-06-07", "2026-06-13"),
        ("2026-06-06", "week", 6, "2026-05-31", "2026-06-06"),
        ("2026-12-31", "week", 0, "2026-12-28", "2027-01-03"),
        ("2028-02-10", "month", 0, "2028-02-01", "2028-02-29"),
        ("2026-12-31", "month", 0, "2026-12-01", "2026-12-31"),
    ],
)
def test_the_period_of_a_day(day: str, length: str, start: int, first: str, last: str) -> None:
    span = rules.period_of(date.fromisoformat(day), length, start)
    assert span == (date.fromisoformat(first), date.fromisoformat(last))


def test_addresses_are_compared_without_case() -> None:
    assert rules.address(" Ada@Example.COM ") == "ada@example.com"
    assert rules.address("") is None
    assert rules.address(None) is None


@pytest.mark.parametrize(("year", "meant"), [(1999, False), (2000, True), (2999, True), (1, False)])
def test_years_that_may_be_meant(year: int, meant: bool) -> None:
    assert rules.in_our_time(year) is meant
