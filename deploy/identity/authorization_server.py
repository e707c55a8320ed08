"""authlib's authorization server, joined to Starlette's requests and responses."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.requests import OAuth2Payload
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from joserfc.jwk import ECKey

from deploy.identity.access_tokens import AccessTokens
from deploy.identity.directory import Client, Directory

# authlib quotes these in error descriptions, and stumbles over what RFC 6749 forbids there.
_QUOTED_PARAMETERS = ("redirect_uri", "response_type", "grant_type")


class Parameters(OAuth2Payload):  # type: ignore[misc]  # authlib has no types
    """Parameters of one request; repeated ones are kept, so that authlib can refuse them."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            self._values[name].append(value)

    @property
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._values.items()}

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._values


class ParsedRequest(OAuth2Request):  # type: ignore[misc]  # authlib has no types
    """authlib reads requests synchronously, so the body is parsed before.

    It refuses plain HTTP except on the loopback address. Containers of one compose file talk
    over plain HTTP too, and production is refused at start, hence the scheme named here.
    """

    def __init__(self, request: Request, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(
            request.method, str(request.url.replace(scheme="https")), headers=request.headers
        )
        self.payload = Parameters(pairs)

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    def refuse_unprintable(self) -> None:
        """:raises InvalidRequestError: a parameter that no error description could quote."""
        for name in _QUOTED_PARAMETERS:
            value = self.payload.data.get(name, "")
            if not value.isascii() or not value.isprintable() or set('"\\') & set(value):
                raise InvalidRequestError(f"'{name}' holds characters that are not allowed.")


class DevelopmentAuthorizationServer(AuthorizationServer):  # type: ignore[misc]  # no types
    """Knows clients, users and the key; issues tokens, and stores none."""

    def __init__(
        self, issuer: str, key: ECKey, directory: Directory, token_lifetime_seconds: int
    ) -> None:
        super().__init__()
        self.issuer = issuer
        self.key = key
        self.directory = directory
        self._token_lifetime_seconds = token_lifetime_seconds

    def access_tokens(self, audience: str, lifetime_seconds: int | None = None) -> AccessTokens:
        """Generator of tokens for one audience, by default with the configured lifetime."""
        lifetime = lifetime_seconds or self._token_lifetime_seconds
        return AccessTokens(
            self.issuer, self.key, audience, min(lifetime, self._token_lifetime_seconds)
        )

    def query_client(self, client_id: str) -> Client | None:
        return self.directory.client(client_id)

    def save_token(self, token: dict[str, object], request: OAuth2Request) -> None:
        """JWTs are checked by their signature; there is nothing to keep."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens to authlib's signals here."""

    def create_oauth2_request(self, request: ParsedRequest) -> ParsedRequest:
        return request

    def handle_response(
        self, status: int, body: object, headers: Sequence[tuple[str, str]]
    ) -> Response:
        if isinstance(body, dict):
            return JSONResponse(body, status, dict(headers))
        return Response(str(body or ""), status, dict(headers))
