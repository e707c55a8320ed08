"""The development identity server as a FastAPI application.

    uvicorn deploy.identity.app:create_app --factory

It signs in whoever knows one password, so it refuses to run in production.
"""

from hmac import compare_digest
from typing import Annotated

from authlib.oauth2 import OAuth2Error
from fastapi import FastAPI, Form, Request
from fastapi.responses import Response
from joserfc.jwk import KeySet

from deploy.identity.authorization_server import DevelopmentAuthorizationServer, ParsedRequest
from deploy.identity.directory import User, load_directory
from deploy.identity.grants import ClientCredentials, CodeStore, CodeWithPkce, S256Only
from deploy.identity.login_page import login_page
from deploy.identity.settings import IdentityServerSettings, read_settings
from deploy.identity.signing_key import ALGORITHM, load_or_create_signing_key
from deploy.identity.token_exchange import GRANT, TokenExchange
from shared.problems import ConfigurationError
from shared.values import Clock, SystemClock


def create_app(
    settings: IdentityServerSettings | None = None, clock: Clock | None = None
) -> FastAPI:
    """The server, with settings from the environment unless given.

    :raises ConfigurationError: in production, when a setting is missing or wrong, or when a client
        has no secret.
    """
    settings = settings or read_settings()
    _refuse_production(settings)
    server = _authorization_server(settings, clock or SystemClock())
    app = FastAPI(title="Timepost development identity", openapi_url=None)
    _add_metadata_routes(app, server)
    _add_token_route(app, server)
    _add_sign_in_routes(app, server, settings.login_password.get_secret_value())
    return app


def _refuse_production(settings: IdentityServerSettings) -> None:
    if settings.environment.strip().lower() == "production":
        raise ConfigurationError(
            "The development identity server does not start with TIMEPOST_ENVIRONMENT=production:"
            " it signs in anybody who knows one shared password.",
            action="Set identity.issuer of every tier to your OpenID Connect provider.",
        )


def _authorization_server(
    settings: IdentityServerSettings, clock: Clock
) -> DevelopmentAuthorizationServer:
    server = DevelopmentAuthorizationServer(
        settings.issuer,
        load_or_create_signing_key(settings.state_dir),
        load_directory(settings),
        settings.token_lifetime_seconds,
    )
    store = CodeStore(clock, settings.code_lifetime_seconds)

    class Code(CodeWithPkce):
        """authlib makes a grant per request, from a class: this one knows the store."""

        codes = store

    server.register_grant(ClientCredentials)
    server.register_grant(TokenExchange)
    server.register_grant(Code, [S256Only(required=True)])
    return server


def _add_metadata_routes(app: FastAPI, server: DevelopmentAuthorizationServer) -> None:
    issuer = server.issuer
    scopes = sorted({scope for client in server.directory.clients for scope in client.scopes})

    @app.get("/.well-known/openid-configuration")
    async def read_metadata() -> dict[str, str | list[str]]:
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks.json",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials", GRANT],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "scopes_supported": scopes,
        }

    @app.get("/jwks.json")
    async def read_public_keys() -> dict[str, object]:
        return {**KeySet([server.key]).as_dict(private=False)}


def _add_token_route(app: FastAPI, server: DevelopmentAuthorizationServer) -> None:
    @app.exception_handler(OAuth2Error)
    async def refuse(_: Request, error: OAuth2Error) -> Response:
        return _response(server.handle_error_response(None, error))

    @app.post("/token")
    async def issue_token(request: Request) -> Response:
        form = await request.form()
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        parsed = ParsedRequest(request, pairs)
        parsed.refuse_unprintable()
        return _response(server.create_token_response(parsed))


def _add_sign_in_routes(
    app: FastAPI, server: DevelopmentAuthorizationServer, password: str
) -> None:
    def page(
        request: Request, redirect_uri: str, selected: str | None, *, failed: bool
    ) -> Response:
        return login_page(
            server.directory.users,
            action=f"{request.url.path}?{request.url.query}",
            redirect_uri=redirect_uri,
            selected=selected,
            failed=failed,
        )

    def parsed_and_checked(request: Request) -> tuple[ParsedRequest, CodeWithPkce]:
        parsed = ParsedRequest(request, request.query_params.multi_items())
        parsed.refuse_unprintable()
        return parsed, server.get_consent_grant(parsed)

    @app.get("/authorize")
    async def show_sign_in(request: Request, login_hint: str | None = None) -> Response:
        _, grant = parsed_and_checked(request)
        return page(request, grant.redirect_uri, login_hint, failed=False)

    @app.post("/authorize")
    async def sign_in(
        request: Request,
        subject: Annotated[str, Form()] = "",
        given_password: Annotated[str, Form(alias="password")] = "",
        decision: Annotated[str, Form()] = "allow",
    ) -> Response:
        parsed, grant = parsed_and_checked(request)
        user: User | None = None  # Nobody signed in: authlib answers `access_denied`.
        if decision != "cancel":
            user = server.directory.user(subject)
            if user is None or not compare_digest(given_password.encode(), password.encode()):
                return page(request, grant.redirect_uri, subject, failed=True)
        return _response(server.create_authorization_response(parsed, grant_user=user, grant=grant))


def _response(response: Response) -> Response:
    """authlib has no types; what it returns comes from our own ``handle_response``."""
    return response
