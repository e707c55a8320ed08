"""Settings of the development identity server."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared import configuration

DEVELOPMENT_DIRECTORY = Path(__file__).with_name("development.toml")


class IdentityServerSettings(BaseSettings):
    """Read from ``TIMEPOST_IDENTITY_SERVER_*``; secrets have no defaults."""

    model_config = SettingsConfigDict(
        env_prefix="TIMEPOST_IDENTITY_SERVER_",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    environment: str = Field(
        default="development",
        validation_alias="TIMEPOST_ENVIRONMENT",
        description="With `production` this server does not start.",
    )
    issuer: str = Field(
        description="This server's own address, as browsers and tiers reach it.",
        examples=["http://127.0.0.1:8400"],
    )
    state_dir: Path = Field(description="Where the signing key stays between two runs.")
    login_password: SecretStr = Field(
        min_length=8, description="The one password of all development users."
    )
    client_secrets: dict[str, SecretStr] = Field(
        description="Secret of every client that is not public, by client id."
    )
    redirect_uris: dict[str, list[str]] = Field(
        default_factory=dict, description="Replaces a client's redirect URIs, by client id."
    )
    directory_file: Path = Field(
        default=DEVELOPMENT_DIRECTORY, description="TOML file with clients and users."
    )
    token_lifetime_seconds: int = Field(
        default=300, ge=1, le=3600, description="How long a token is valid."
    )
    code_lifetime_seconds: int = Field(
        default=60, ge=1, le=600, description="How long a sign-in's code can be exchanged."
    )

    @field_validator("issuer")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        scheme, separator, host = value.partition("://")
        if scheme not in ("http", "https") or not separator or not host or "/" in host:
            raise ValueError("must be an origin such as http://127.0.0.1:8400, without a path")
        return value


def read_settings() -> IdentityServerSettings:
    """The settings of the environment.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    return configuration.read_settings(IdentityServerSettings, "the development identity server")
