"""Tokens obtained once and used until shortly before they expire."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta

from shared.identity.token_endpoint import IssuedToken
from shared.problems import UpstreamUnavailable
from shared.values import Clock

Fetch = Callable[[], Awaitable[IssuedToken]]

_LONGEST_MARGIN = timedelta(seconds=60)


class TokenCache:
    """At most ``capacity`` tokens by key; one fetch per key at a time, however many wait."""

    def __init__(self, clock: Clock, capacity: int) -> None:
        self._clock = clock
        self._capacity = capacity
        self._tokens: dict[Hashable, IssuedToken] = {}
        self._in_flight: dict[Hashable, asyncio.Task[IssuedToken]] = {}

    async def get(self, key: Hashable, fetch: Fetch) -> IssuedToken:
        """The token under ``key``, from ``fetch`` if there is none or it is about to expire.

        A token that is about to expire is still given out while the provider is down.
        """
        token = self._tokens.get(key)
        if token is not None and self._clock.now() < _renewal_of(token):
            return token
        try:
            return await self._fetched(key, fetch)
        except UpstreamUnavailable:
            if token is not None and self._clock.now() < token.expires_at:
                return token
            raise

    async def _fetched(self, key: Hashable, fetch: Fetch) -> IssuedToken:
        task = self._in_flight.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch_and_keep(key, fetch))
            self._in_flight[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        # Shielded: the caller that happened to be first may give up, the others still wait.
        return await asyncio.shield(task)

    async def _fetch_and_keep(self, key: Hashable, fetch: Fetch) -> IssuedToken:
        token = await fetch()
        self._tokens.pop(key, None)
        while len(self._tokens) >= self._capacity:
            self._tokens.pop(next(iter(self._tokens)))
        self._tokens[key] = token
        return token

    def _landed(self, key: Hashable, task: asyncio.Task[IssuedToken]) -> None:
        del self._in_flight[key]
        if not task.cancelled():
            task.exception()  # Read, or asyncio reports it as lost when every caller gave up.


def _renewal_of(token: IssuedToken) -> datetime:
    """A minute before expiry, less for tokens that live shorter than ten minutes."""
    lifetime = token.expires_at - token.issued_at
    return token.expires_at - min(lifetime / 10, _LONGEST_MARGIN)
