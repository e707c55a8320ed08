"""Roles beside those of the token: how long an answer counts, and what no answer means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.identity import GrantedRoles, Principal
from shared.problems import UpstreamUnavailable
from shared.values import FixedClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MAYA = Principal(
    subject="maya",
    client_id="timepost-workbench",
    scopes=frozenset(),
    roles=frozenset({"finance.analyst"}),
    actors=(),
    expires_at=NOON + timedelta(hours=1),
    token="t1",
)


class Directory:
    """Answers, counts how often it was asked, and fails on demand."""

    def __init__(self) -> None:
        self.roles = frozenset({"finance.analyst", "finance.controller"})
        self.asked = 0
        self.away = False

    async def __call__(self, _: Principal) -> frozenset[str]:
        self.asked += 1
        if self.away:
            raise UpstreamUnavailable("It is away.")
        return self.roles


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


async def test_an_answer_counts_for_a_while_and_names_what_the_token_lacks(
    clock: FixedClock,
) -> None:
    directory = Directory()
    roles = GrantedRoles(directory, clock, timedelta(seconds=30))

    first = await roles.added_to(MAYA)
    directory.roles = frozenset()
    clock.advance(timedelta(seconds=29))
    second = await roles.added_to(MAYA)
    clock.advance(timedelta(seconds=1))
    third = await roles.added_to(MAYA)

    assert first == second
    assert first.roles == {"finance.analyst", "finance.controller"}
    assert first.granted == {"finance.controller"}
    assert third == MAYA
    assert directory.asked == 2


async def test_without_an_answer_the_tokens_roles_are_all_and_it_is_asked_again_soon(
    clock: FixedClock,
) -> None:
    directory = Directory()
    directory.away = True
    roles = GrantedRoles(directory, clock, timedelta(seconds=30))

    kept_out = await roles.added_to(MAYA)
    directory.away = False
    at_once = await roles.added_to(MAYA)
    clock.advance(timedelta(seconds=5))
    later = await roles.added_to(MAYA)

    assert kept_out == at_once == MAYA
    assert later.granted == {"finance.controller"}


async def test_services_are_not_asked_about(clock: FixedClock) -> None:
    directory = Directory()
    service = replace(MAYA, subject="timepost-operator", client_id="timepost-operator")

    assert await GrantedRoles(directory, clock, timedelta(seconds=30)).added_to(service) == service
    assert directory.asked == 0


async def test_only_so_many_answers_are_kept(clock: FixedClock) -> None:
    directory = Directory()
    roles = GrantedRoles(directory, clock, timedelta(seconds=30), capacity=2)

    for token in ("t1", "t2", "t3", "t3", "t1"):
        await roles.added_to(replace(MAYA, token=token))

    assert directory.asked == 4
