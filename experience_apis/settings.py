"""Settings of the experience tier, read from ``TIMEPOST_EXPERIENCE_*``."""

from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.identity import IdentitySettings
from shared.problems import ConfigurationError, FieldError
from shared.telemetry import TelemetrySettings
from shared.web import WebSettings

PREFIX = "TIMEPOST_EXPERIENCE_"


class ExperienceIdentity(IdentitySettings):
    """This tier always exchanges its users' tokens, so its client is not optional."""

    audience: str = "timepost-experience"
    client_id: str = "timepost-experience"
    client_secret: SecretStr = Field(min_length=1, description="For exchanging users' tokens.")


class ExperienceSettings(BaseSettings):
    """Nested settings take two underscores: ``TIMEPOST_EXPERIENCE_IDENTITY__ISSUER``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Literal["development", "production"] = Field(
        default="production", description="`development` allows plain http to the issuer."
    )
    process_url: str = Field(
        pattern=r"^https?://[^/]", description="Address of the process tier, without /v1."
    )
    process_timeout_seconds: float = Field(
        default=10.0, gt=0, le=60, description="How long one call of the process tier may take."
    )
    identity: ExperienceIdentity
    telemetry: TelemetrySettings = TelemetrySettings()
    web: WebSettings = WebSettings()

    @model_validator(mode="after")
    def _issuer_is_authentic(self) -> Self:
        if self.environment == "production" and not self.identity.issuer.startswith("https://"):
            raise ValueError("identity.issuer must start with https:// in production")
        return self


def read_settings() -> ExperienceSettings:
    """The settings of the environment.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    try:
        return ExperienceSettings()
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [FieldError(field=_variable(each["loc"]), message=each["msg"]) for each in details]
        lines = "\n".join(f"  {each.field}: {each.message}" for each in wrong)
        # Not chained: what pydantic has at hand are values, and some of them are secrets.
        raise ConfigurationError(
            f"The settings of the experience tier are wrong:\n{lines}", errors=wrong
        ) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + ("__".join(str(step) for step in location).upper() or "*")
