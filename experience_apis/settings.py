"""Settings of the experience tier, read from ``TIMEPOST_EXPERIENCE_*``."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.identity import IdentitySettings
from shared.problems import ConfigurationError, FieldError
from shared.web import WebSettings

_PREFIX = "TIMEPOST_EXPERIENCE_"


class ExperienceIdentity(IdentitySettings):
    """This tier always calls the one below it, so its client is not optional."""

    audience: str = "timepost-experience"
    client_id: str = "timepost-experience"
    client_secret: SecretStr = Field(description="For the exchange of users' tokens.")


class ExperienceSettings(BaseSettings):
    """Secrets have no defaults; nested ones are written ``..._IDENTITY__CLIENT_SECRET``."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    environment: Literal["development", "production"] = "production"
    process_url: str = Field(
        description="Base address of the process tier.", examples=["http://process:8200"]
    )
    process_timeout_seconds: float = Field(
        default=10.0, gt=0, le=60, description="How long one call of the process tier may take."
    )
    identity: ExperienceIdentity
    web: WebSettings = WebSettings()

    @field_validator("process_url")
    @classmethod
    def _is_http_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// or http://")
        return value.rstrip("/")


def read_settings() -> ExperienceSettings:
    """The settings of this process.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    try:
        return ExperienceSettings()
    except ValidationError as error:
        wrong = [
            FieldError(field=_variable(one["loc"]), message=one["msg"]) for one in error.errors()
        ]
        names = "; ".join(f"{one.field}: {one.message}" for one in wrong)
        # Not chained: pydantic's message quotes values, which may be secrets.
        raise ConfigurationError(f"Settings are missing or wrong. {names}.", errors=wrong) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return _PREFIX + "__".join(str(step) for step in location).upper()
