"""Roles beside those of the token: whoever knows them is asked, seldom, and never has to answer."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from shared.identity.principal import Principal
from shared.problems import TimepostProblem
from shared.values import Clock

_log = structlog.get_logger("timepost.identity")

Ask = Callable[[Principal], Awaitable[frozenset[str]]]

_CAPACITY = 20_000
# Whoever could not answer is not asked again at once.
_AFTER_A_FAILURE = timedelta(seconds=5)


class GrantedRoles:
    """Adds roles to a person's; services have those of their tokens.

    An answer is kept for a while, so that a role that was taken away may count for as long. If
    nobody answers, the token's roles are all there are.

    :param ask: the roles of a person that do not come with the token.
    :param keep: how long an answer counts.
    """

    def __init__(
        self, ask: Ask, clock: Clock, keep: timedelta, *, capacity: int = _CAPACITY
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._keep = keep
        self._capacity = capacity
        self._known: dict[str, tuple[datetime, frozenset[str]]] = {}

    async def added_to(self, principal: Principal) -> Principal:
        """The same person, with all roles; those that the token lacks stand in ``granted``."""
        if not principal.is_user:
            return principal
        granted = await self._granted(principal) - principal.roles
        if not granted:
            return principal
        return replace(principal, roles=principal.roles | granted, granted=granted)

    async def _granted(self, principal: Principal) -> frozenset[str]:
        # By token and not by person: another token may say that they are somebody else there.
        digest, now = principal.token_digest, self._clock.now()
        known = self._known.get(digest)
        if known is not None and now < known[0]:
            return known[1]
        try:
            granted, keep = await self._ask(principal), self._keep
        except TimepostProblem as problem:
            _log.warning("roles_not_granted", code=problem.code, detail=problem.detail)
            granted, keep = frozenset(), min(_AFTER_A_FAILURE, self._keep)
        self._known.pop(digest, None)
        while len(self._known) >= self._capacity:
            self._known.pop(next(iter(self._known)))
        self._known[digest] = now + keep, granted
        return granted
