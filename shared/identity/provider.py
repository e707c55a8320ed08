"""The identity provider's own description of itself (OpenID Connect Discovery 1.0)."""

import asyncio

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.identity.settings import IdentitySettings
from shared.problems import ConfigurationError, UpstreamUnavailable

_WELL_KNOWN = "/.well-known/openid-configuration"
_TIMEOUT_SECONDS = 5.0


class ProviderMetadata(BaseModel):
    """The fields of the discovery document that we read."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    jwks_uri: str
    token_endpoint: str | None = None


class Provider:
    """Finds the provider's addresses once, and again after a failure."""

    def __init__(self, settings: IdentitySettings, http: httpx2.AsyncClient) -> None:
        self._settings = settings
        self._http = http
        self._metadata: ProviderMetadata | None = None
        self._lock = asyncio.Lock()

    async def jwks_uri(self) -> str:
        """Address of the signing keys.

        :raises UpstreamUnavailable: the provider does not answer.
        :raises ConfigurationError: what answers is not the configured issuer.
        """
        return self._settings.jwks_uri or (await self._discover()).jwks_uri

    async def token_endpoint(self) -> str:
        """Address where tokens are obtained; errors as for :meth:`jwks_uri`."""
        if self._settings.token_endpoint:
            return self._settings.token_endpoint
        endpoint = (await self._discover()).token_endpoint
        if endpoint is None:
            raise ConfigurationError(
                f"The identity provider {self._settings.issuer} names no token endpoint.",
                action="Set identity.token_endpoint.",
            )
        return endpoint

    async def get_json(self, url: str) -> object:
        """A document of the provider.

        :raises UpstreamUnavailable: no answer, an error status, or no JSON.
        """
        try:
            response = await self._http.get(url, timeout=_TIMEOUT_SECONDS)
            response.raise_for_status()
            document: object = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise provider_unavailable(self._settings.issuer, error) from error
        return document

    async def _discover(self) -> ProviderMetadata:
        async with self._lock:
            if self._metadata is None:
                self._metadata = await self._read_metadata()
            return self._metadata

    async def _read_metadata(self) -> ProviderMetadata:
        issuer = self._settings.issuer
        document = await self.get_json(issuer.rstrip("/") + _WELL_KNOWN)
        try:
            metadata = ProviderMetadata.model_validate(document)
        except ValidationError as error:
            raise ConfigurationError(
                f"{issuer}{_WELL_KNOWN} is not an OpenID discovery document.",
                action="Check identity.issuer.",
            ) from error
        # Discovery 1.0 section 4.3: otherwise any host could present the keys of another.
        if metadata.issuer != issuer:
            raise ConfigurationError(
                f"The provider calls itself {metadata.issuer}, the configured issuer is {issuer}.",
                action="Set identity.issuer to the provider's own spelling.",
            )
        return metadata


def provider_unavailable(issuer: str, error: Exception) -> UpstreamUnavailable:
    """The provider did not answer as it should; says how, without addresses' query strings."""
    reason = type(error).__name__
    if isinstance(error, httpx2.HTTPStatusError):
        reason = f"HTTP {error.response.status_code}"
    return UpstreamUnavailable(
        f"The identity provider {issuer} cannot be used now ({reason}).",
        code="identity_provider_unavailable",
        retry_after=5,
    )
