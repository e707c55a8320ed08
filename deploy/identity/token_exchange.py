"""Token exchange (RFC 8693): a service acts for a user at the next API.

authlib has only an empty module for it. The rules here: the client may exchange, the user's
token was meant for the API that this client serves, scopes only shrink, roles stay, the new
token does not outlive the old one, and every service on the way is recorded in ``act``.
"""

import time
from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from deploy.identity.access_tokens import read_own_token
from deploy.identity.directory import Client, User
from deploy.identity.grants import ForOneAudience, audience_of

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name


class TokenExchange(ForOneAudience, BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """One exchange; lives for one request."""

    GRANT_TYPE = GRANT
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def validate_token_request(self) -> None:
        client: Client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(GRANT):
            raise UnauthorizedClientError("The client may not exchange tokens.")
        self.request.client = client
        self._refuse_other_token_types()
        self.audience = audience_of(self.request, client)
        self._subject = self._subject_claims(client)
        self.request.user = self._user(client)
        self._scope = self._narrowed_scope(client)

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        remaining = max(1, int(self._subject["exp"]) - int(time.time()))
        token = self.generate_token(user=self.request.user, scope=self._scope, expires_in=remaining)
        return 200, {**token, "issued_token_type": ACCESS_TOKEN}, self.TOKEN_RESPONSE_HEADER

    def _refuse_other_token_types(self) -> None:
        form = self.request.form
        if form.get("subject_token_type") != ACCESS_TOKEN:
            raise InvalidRequestError("'subject_token_type' must be an access token.")
        if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise InvalidRequestError("Only access tokens are issued.")
        if "actor_token" in form:
            raise InvalidRequestError("The actor is the client; 'actor_token' is not read.")

    def _subject_claims(self, client: Client) -> Mapping[str, Any]:
        token = self.request.form.get("subject_token", "")
        audience = client.serves or client.client_id
        claims = read_own_token(token, self.server.issuer, self.server.key, audience)
        if claims is None:
            raise InvalidGrantError("The subject token is not valid for this client.")
        if claims["sub"] == claims["client_id"]:
            raise InvalidGrantError("Only a user's token can be exchanged.")
        return claims

    def _user(self, client: Client) -> User:
        """The subject as the token has it, not as the directory has it by now."""
        claims = self._subject
        actor: dict[str, object] = {"sub": client.client_id}
        if "act" in claims:
            actor["act"] = claims["act"]
        return User(
            subject=claims["sub"],
            name=claims["sub"],
            roles=tuple(claims.get("roles", ())),
            actor=actor,
        )

    def _narrowed_scope(self, client: Client) -> str:
        held = set(str(self._subject.get("scope", "")).split()) & client.scopes
        asked = set((self.request.payload.scope or "").split())
        scopes = asked or held
        if not scopes or not scopes <= held:
            raise InvalidScopeError
        return " ".join(sorted(scopes))
