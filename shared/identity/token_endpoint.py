"""One call to the provider's token endpoint, and what its refusals mean."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.identity.provider import Provider, provider_unavailable
from shared.identity.settings import IdentitySettings
from shared.problems import ConfigurationError, Forbidden, TimepostProblem, Unauthenticated
from shared.values import Clock

_TIMEOUT_SECONDS = 10.0


class _TokenResponse(BaseModel):
    """RFC 6749 section 5.1. Without ``expires_in`` a token is used once and not kept."""

    access_token: SecretStr = Field(min_length=1)
    expires_in: int = Field(default=0, ge=0)


class _ErrorResponse(BaseModel):
    """RFC 6749 section 5.2."""

    error: str = Field(max_length=100)


class IssuedToken(BaseModel):
    """A token for a call to another API."""

    model_config = ConfigDict(frozen=True)

    value: SecretStr
    issued_at: datetime
    expires_at: datetime


class TokenEndpoint:
    """Asks for tokens as this tier's client (HTTP Basic, RFC 6749 section 2.3.1)."""

    def __init__(
        self, settings: IdentitySettings, http: httpx2.AsyncClient, clock: Clock, provider: Provider
    ) -> None:
        self._issuer = settings.issuer
        self._client_id = settings.client_id
        self._client_secret = settings.client_secret
        self._http = http
        self._clock = clock
        self._provider = provider

    async def issue(self, form: Mapping[str, str]) -> IssuedToken:
        """One token.

        :raises ConfigurationError: our client, its secret or the audience is refused.
        :raises Unauthenticated: the user's token is refused (token exchange).
        :raises Forbidden: a scope is refused.
        :raises UpstreamUnavailable: no usable answer.
        """
        auth = self._client_authentication()
        url = await self._provider.token_endpoint()
        issued_at = self._clock.now()
        try:
            response = await self._http.post(
                url, data=dict(form), auth=auth, timeout=_TIMEOUT_SECONDS
            )
        except httpx2.HTTPError as error:
            raise provider_unavailable(self._issuer, error) from error
        if response.status_code in (400, 401, 403):
            raise self._refusal(response)
        try:
            response.raise_for_status()
            answer = _TokenResponse.model_validate_json(response.content)
        except httpx2.HTTPStatusError as error:
            raise provider_unavailable(self._issuer, error) from error
        except ValidationError:
            # Not chained: pydantic's message quotes its input, which may hold the token.
            unreadable = ValueError("token response not understood")
            raise provider_unavailable(self._issuer, unreadable) from None
        return IssuedToken(
            value=answer.access_token,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(seconds=answer.expires_in),
        )

    def _client_authentication(self) -> httpx2.BasicAuth:
        if self._client_id is None or self._client_secret is None:
            raise ConfigurationError(
                "This tier calls another one, and has no client at the identity provider.",
                action="Set identity.client_id and identity.client_secret.",
            )
        secret = self._client_secret.get_secret_value()
        return httpx2.BasicAuth(quote(self._client_id, safe=""), quote(secret, safe=""))

    def _refusal(self, response: httpx2.Response) -> TimepostProblem:
        try:
            code = _ErrorResponse.model_validate_json(response.content).error
        except ValidationError:
            code = f"HTTP {response.status_code}"
        return _problem_of(code, self._issuer, self._client_id)


def _problem_of(code: str, issuer: str, client_id: str | None) -> TimepostProblem:
    """What an OAuth error code (RFC 6749 section 5.2, RFC 8693 section 2.2.2) asks of whom."""
    if code == "invalid_grant":
        return Unauthenticated(
            "The identity provider no longer accepts the caller's token.",
            action="Sign in again.",
            code="token_not_exchangeable",
        )
    if code == "invalid_scope":
        return Forbidden(
            f"The identity provider does not grant {client_id} the scopes it asks for.",
            code="scope_missing",
        )
    return ConfigurationError(
        f"The identity provider {issuer} refuses tokens to the client {client_id} ({code}).",
        action="Check the client's secret, grant types and audiences at the provider.",
        code="identity_client_refused",
    )
