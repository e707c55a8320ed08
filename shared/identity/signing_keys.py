"""The provider's public keys: cached, refreshed for new key ids, kept while it is down."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey
from pydantic import BaseModel, ValidationError

from shared.identity.provider import Provider, provider_unavailable
from shared.problems import ConfigurationError, UpstreamUnavailable
from shared.values import Clock

SigningKey = ECKey | RSAKey

MAX_AGE = timedelta(minutes=10)
MIN_GAP = timedelta(seconds=10)


class _Jwks(BaseModel):
    """A JWK set (RFC 7517 section 5); the keys are read one by one, and not all are ours."""

    keys: list[dict[str, object]]


class SigningKeys:
    """Keys by key id.

    The provider is asked at most once per ``min_gap``, whatever callers send: neither made-up
    key ids nor an outage turn into a request (or a time-out) per call. A withdrawn key is
    honoured for up to ``max_age``, and for as long as the provider is unreachable: a stopped
    provider must not stop the posting of hours.
    """

    def __init__(
        self,
        provider: Provider,
        issuer: str,
        clock: Clock,
        *,
        max_age: timedelta = MAX_AGE,
        min_gap: timedelta = MIN_GAP,
    ) -> None:
        self._provider = provider
        self._issuer = issuer
        self._clock = clock
        self._max_age = max_age
        self._min_gap = min_gap
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._failure: UpstreamUnavailable | ConfigurationError | None = None
        self._lock = asyncio.Lock()

    async def find(self, key_id: str) -> SigningKey | None:
        """The key, or None when the provider answers and does not have it.

        :raises UpstreamUnavailable: the key is not known here and the provider is down.
        :raises ConfigurationError: the same, and what answers is not the configured issuer.
        """
        if key_id not in self._keys or self._is_stale():
            await self._refresh(key_id)
        key = self._keys.get(key_id)
        if key is None and self._failure is not None:
            raise self._failure.with_traceback(None)
        return key

    async def obtainable(self) -> bool:
        """Whether tokens can be checked: keys are here, or can be fetched now."""
        if not self._keys:
            await self._refresh(None)
        return bool(self._keys)

    async def _refresh(self, key_id: str | None) -> None:
        if self._lock.locked() and key_id in self._keys:
            return  # Somebody is fetching; the key we have serves meanwhile.
        async with self._lock:
            wanted = key_id is None or key_id not in self._keys or self._is_stale()
            if wanted and self._passed(self._tried_at, self._min_gap):
                await self._fetch()

    async def _fetch(self) -> None:
        self._tried_at = self._clock.now()
        try:
            self._keys = await self._read()
        except (UpstreamUnavailable, ConfigurationError) as problem:
            self._failure = problem
        else:
            self._failure = None
            self._fetched_at = self._tried_at

    async def _read(self) -> dict[str, SigningKey]:
        document = await self._provider.get_json(await self._provider.jwks_uri())
        try:
            keys = list(_usable(_Jwks.model_validate(document)))
        except ValidationError as error:
            raise provider_unavailable(self._issuer, error) from error
        by_id = {key.kid: key for key in keys if key.kid}
        if not by_id:
            # Taken for a failure, since replacing good keys by none would refuse everybody.
            raise provider_unavailable(self._issuer, LookupError("no usable signing key"))
        return by_id

    def _is_stale(self) -> bool:
        return self._passed(self._fetched_at, self._max_age)

    def _passed(self, since: datetime | None, span: timedelta) -> bool:
        if since is None:
            return True
        # A clock that was set back must not freeze the cache until it has caught up.
        return not timedelta(0) <= self._clock.now() - since < span


def _usable(jwks: _Jwks) -> Iterable[SigningKey]:
    """Signature keys of the two kinds we accept; a key we cannot read is none of ours."""
    for description in jwks.keys:
        if description.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(description)  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, ECKey | RSAKey):
            yield key
