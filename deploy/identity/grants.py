"""The two ordinary grants: client credentials, and authorization code with PKCE."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from deploy.identity.access_tokens import id_token
from deploy.identity.authorization_server import ParsedRequest
from deploy.identity.directory import Client, User
from shared.values import Clock


class InvalidTargetError(OAuth2Error):  # type: ignore[misc]  # authlib has no types
    """The audience asked for is unknown or not this client's (RFC 8693 section 2.2.2)."""

    error = "invalid_target"


def audience_of(request: ParsedRequest, client: Client) -> str:
    """The one API that the token is for, from ``audience`` or ``resource`` (RFC 8707).

    :raises InvalidTargetError: more than one, or one that the client may not call.
    """
    names = request.payload.datalist
    asked: set[str] = {*names.get("audience", ()), *names.get("resource", ())}
    if not asked:
        return client.audiences[0]
    if len(asked) > 1 or not asked <= set(client.audiences):
        raise InvalidTargetError("The client may not obtain tokens for this audience.")
    return asked.pop()


class ForOneAudience:
    """Mixin of the grants: the token is made for ``audience``, which validation sets."""

    audience: str
    server: Any
    request: Any
    GRANT_TYPE: str

    def generate_token(
        self,
        user: User | None = None,
        scope: str | None = None,
        grant_type: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = False,
    ) -> dict[str, Any]:
        del include_refresh_token  # There are none: signing in again is one click here.
        generator = self.server.access_tokens(self.audience, expires_in)
        token: dict[str, Any] = generator(
            grant_type or self.GRANT_TYPE,
            self.request.client,
            user=user,
            scope=scope,
            include_refresh_token=False,
        )
        return token


class ClientCredentials(ForOneAudience, ClientCredentialsGrant):  # type: ignore[misc]
    """A program for itself."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def validate_token_request(self) -> None:
        super().validate_token_request()
        self.audience = audience_of(self.request, self.client)
        if self.client.get_allowed_scope(self.request.payload.scope) is None:
            raise InvalidScopeError


@dataclass(frozen=True)
class AuthorizationCode:
    """What a code stands for until it is redeemed."""

    client_id: str
    redirect_uri: str | None
    scope: str
    audience: str
    user: User
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    expires_at: datetime

    def get_redirect_uri(self) -> str | None:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class CodeStore:
    """Codes of the last minute, in memory: a restart only costs a click."""

    def __init__(self, clock: Clock, lifetime_seconds: int) -> None:
        self._clock = clock
        self._lifetime = timedelta(seconds=lifetime_seconds)
        self._codes: dict[str, AuthorizationCode] = {}

    def now(self) -> datetime:
        return self._clock.now()

    def expiry(self) -> datetime:
        """When a code that is made now ends."""
        return self._clock.now() + self._lifetime

    def put(self, code: str, meaning: AuthorizationCode) -> None:
        now = self._clock.now()
        self._codes = {key: held for key, held in self._codes.items() if held.expires_at > now}
        self._codes[code] = meaning

    def spend(self, code: str) -> AuthorizationCode | None:
        """A code is gone after the first attempt, whether that succeeds or not."""
        meaning = self._codes.pop(code, None)
        return meaning if meaning and meaning.expires_at > self._clock.now() else None


class S256Only(CodeChallenge):  # type: ignore[misc]  # authlib has no types
    """PKCE that cannot be left out: authlib asks for it only when the code is redeemed."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        parameters = grant.request.payload.data
        if not parameters.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if parameters.get("code_challenge_method") != "S256":
            raise InvalidRequestError("'code_challenge_method' must be S256")
        super().validate_code_challenge(grant, redirect_uri)


class CodeWithPkce(ForOneAudience, AuthorizationCodeGrant):  # type: ignore[misc]
    """A person, through a browser."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none", "client_secret_basic")
    codes: CodeStore

    def validate_authorization_request(self) -> str:
        redirect_uri: str = super().validate_authorization_request()
        try:
            self.audience = audience_of(self.request, self.request.client)
        except InvalidTargetError as error:
            error.redirect_uri = redirect_uri
            raise
        return redirect_uri

    def save_authorization_code(self, code: str, request: ParsedRequest) -> None:
        parameters = request.payload.data
        meaning = AuthorizationCode(
            client_id=request.client.client_id,
            redirect_uri=parameters.get("redirect_uri"),
            scope=request.scope,
            audience=self.audience,
            user=request.user,
            nonce=parameters.get("nonce"),
            code_challenge=parameters["code_challenge"],
            code_challenge_method=parameters["code_challenge_method"],
            expires_at=self.codes.expiry(),
        )
        self.codes.put(code, meaning)

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        meaning = self.codes.spend(code)
        if meaning is None or meaning.client_id != client.client_id:
            return None
        self.audience = meaning.audience
        return meaning

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """Spent when it was looked up."""

    def authenticate_user(self, authorization_code: AuthorizationCode) -> User:
        return authorization_code.user

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        status, token, headers = super().create_token_response()
        code: AuthorizationCode = self.request.authorization_code
        if "openid" in code.scope.split():
            now = int(self.codes.now().timestamp())
            token["id_token"] = id_token(
                self.server.issuer,
                self.server.key,
                self.request.client,
                code.user,
                nonce=code.nonce,
                now=now,
                expiry=now + token["expires_in"],
            )
        return status, token, headers
