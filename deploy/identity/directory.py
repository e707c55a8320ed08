"""Who is known to the development server: clients and users.

The methods with authlib's names are those it asks of a client or a user.
"""

import tomllib
from hmac import compare_digest
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from deploy.identity.settings import IdentityServerSettings
from shared.problems import ConfigurationError


class Client(BaseModel):
    """A program that may obtain tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str
    grants: frozenset[str]
    audiences: tuple[str, ...] = Field(min_length=1)
    scopes: frozenset[str]
    roles: tuple[str, ...] = ()
    serves: str | None = None
    public: bool = False
    redirect_uris: tuple[str, ...] = ()
    secret: SecretStr | None = None

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for, all of ours when none are; None (refused) when one is not ours."""
        wanted = set(scope.split()) if scope else self.scopes - {"openid"}
        return " ".join(sorted(wanted)) if wanted and wanted <= self.scopes else None

    def check_client_secret(self, secret: str) -> bool:
        known = self.secret.get_secret_value() if self.secret else ""
        return bool(known) and compare_digest(known.encode(), secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        del endpoint  # The same at every endpoint.
        return (method == "none") == self.public

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grants


class User(BaseModel):
    """A person who may sign in; ``actor`` once a client acts for them (RFC 8693)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    name: str
    roles: tuple[str, ...] = ()
    actor: dict[str, object] | None = None

    def get_user_id(self) -> str:
        return self.subject


class Directory(BaseModel):
    """All of them, as they stand in the TOML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clients: tuple[Client, ...]
    users: tuple[User, ...]

    def client(self, client_id: str) -> Client | None:
        return next((client for client in self.clients if client.client_id == client_id), None)

    def user(self, subject: str) -> User | None:
        return next((user for user in self.users if user.subject == subject), None)


def load_directory(settings: IdentityServerSettings) -> Directory:
    """Clients and users, with the secrets and redirect URIs of this run.

    :raises ConfigurationError: the file is wrong, or a client has no secret.
    """
    directory = _read(settings.directory_file)
    without = [
        client.client_id
        for client in directory.clients
        if not client.public and client.client_id not in settings.client_secrets
    ]
    if without:
        raise ConfigurationError(
            f"The identity server has no secret for {', '.join(without)}.",
            action="Name one for each in TIMEPOST_IDENTITY_SERVER_CLIENT_SECRETS.",
        )
    clients = tuple(_of_this_run(client, settings) for client in directory.clients)
    return directory.model_copy(update={"clients": clients})


def _read(path: Path) -> Directory:
    try:
        return Directory.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def _of_this_run(client: Client, settings: IdentityServerSettings) -> Client:
    redirect_uris = settings.redirect_uris.get(client.client_id)
    return client.model_copy(
        update={
            "secret": settings.client_secrets.get(client.client_id),
            "redirect_uris": tuple(redirect_uris) if redirect_uris else client.redirect_uris,
        }
    )
