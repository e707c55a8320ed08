"""Tokens for calling the tier below: our own, or the user's exchanged for it."""

from collections.abc import AsyncGenerator, Iterable

import httpx2

from shared.identity.principal import Principal
from shared.identity.provider import Provider
from shared.identity.settings import IdentitySettings
from shared.identity.token_cache import TokenCache
from shared.identity.token_endpoint import IssuedToken, TokenEndpoint
from shared.values import Clock, SystemClock

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name

_MAX_OWN_TOKENS = 100
_MAX_EXCHANGED_TOKENS = 10_000


class ServiceTokens:
    """Client-credentials tokens and exchanged tokens, both cached.

    ``http`` must not log bodies: they hold tokens.
    """

    def __init__(
        self, settings: IdentitySettings, http: httpx2.AsyncClient, clock: Clock | None = None
    ) -> None:
        clock = clock or SystemClock()
        self._audience_parameter = settings.audience_parameter
        self._endpoint = TokenEndpoint(settings, http, clock, Provider(settings, http))
        self._own = TokenCache(clock, _MAX_OWN_TOKENS)
        self._exchanged = TokenCache(clock, _MAX_EXCHANGED_TOKENS)

    async def token(self, audience: str, scopes: Iterable[str] = ()) -> str:
        """This tier's own token for ``audience`` (client credentials).

        Without ``scopes`` the provider decides which ones the client gets.

        :raises ConfigurationError: the provider refuses this client (needs operator).
        :raises UpstreamUnavailable: the provider is down and no token is left (retryable).
        """
        form = {"grant_type": "client_credentials", self._audience_parameter: audience}
        key = (audience, frozenset(scopes))
        issued = await self._own.get(key, lambda: self._issue(form, key[1]))
        return issued.value.get_secret_value()

    def authentication(self, audience: str, scopes: Iterable[str] = ()) -> httpx2.Auth:
        """For an HTTP client that calls ``audience`` on this tier's own behalf."""
        return _OwnToken(self, audience, frozenset(scopes))

    async def exchange_token(
        self, caller: Principal, audience: str, scopes: Iterable[str] = ()
    ) -> str:
        """The caller's token, exchanged for one that ``audience`` accepts (RFC 8693).

        The new token names the caller as subject and this tier as actor; ``scopes`` may only
        narrow what the caller has.

        :raises Unauthenticated: the provider no longer accepts the caller's token.
        :raises Forbidden: a scope is beyond the caller's.
        :raises ConfigurationError, UpstreamUnavailable: as for :meth:`token`.
        """
        form = {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": caller.token,
            "subject_token_type": ACCESS_TOKEN_TYPE,
            "requested_token_type": ACCESS_TOKEN_TYPE,
            "audience": audience,
        }
        key = (caller.token_digest, audience, frozenset(scopes))
        issued = await self._exchanged.get(key, lambda: self._issue(form, key[2]))
        return issued.value.get_secret_value()

    async def _issue(self, form: dict[str, str], scopes: frozenset[str]) -> IssuedToken:
        if scopes:
            form = {**form, "scope": " ".join(sorted(scopes))}
        return await self._endpoint.issue(form)


class _OwnToken(httpx2.Auth):
    """Adds the token to each request; obtaining one may raise what :meth:`token` raises."""

    def __init__(self, tokens: ServiceTokens, audience: str, scopes: frozenset[str]) -> None:
        self._tokens = tokens
        self._audience = audience
        self._scopes = scopes

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        token = await self._tokens.token(self._audience, self._scopes)
        request.headers["Authorization"] = f"Bearer {token}"
        yield request
