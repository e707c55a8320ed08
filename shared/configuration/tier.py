"""What the settings of every tier have in common."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.identity import IdentitySettings
from shared.stop_points import parse_stop
from shared.telemetry import TelemetrySettings
from shared.web import WebSettings


class TierSettings(BaseSettings):
    """A tier derives from it, and adds its `env_prefix` and what only it needs.

    Nested settings take two underscores (`…IDENTITY__ISSUER`); setting one of a group leaves the
    tier's defaults of the others.
    """

    model_config = SettingsConfigDict(
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Literal["development", "production"] = Field(
        default="production", description="`development` allows plain http to the issuer."
    )
    identity: IdentitySettings
    telemetry: TelemetrySettings = TelemetrySettings()
    web: WebSettings = WebSettings()

    @model_validator(mode="after")
    def _issuer_is_authentic(self) -> Self:
        """Whoever can change what comes from the issuer can make tokens."""
        if self.environment == "production" and not self.identity.issuer.startswith("https://"):
            raise ValueError("identity.issuer must start with https:// in production")
        return self


class StoppableTierSettings(TierSettings):
    """Of a tier whose processes tests kill at named steps."""

    chaos_stop_at: str | None = Field(
        default=None,
        description="For tests only, and refused in production: the process kills itself when it "
        "reaches this step, such as `intent_committed`, or `intent_committed:3` the third time "
        "([reliability](reliability.md)).",
    )

    @field_validator("chaos_stop_at")
    @classmethod
    def _is_a_stop_point(cls, text: str | None) -> str | None:
        if text is not None:
            parse_stop(text)
        return text

    @model_validator(mode="after")
    def _production_does_not_kill_itself(self) -> Self:
        if self.environment == "production" and self.chaos_stop_at is not None:
            raise ValueError("chaos_stop_at is for tests: it must not be set in production")
        return self
