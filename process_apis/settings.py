"""Settings of the process tier, from the environment (`TIMEPOST_PROCESS_…`)."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.identity import IdentitySettings
from shared.problems import ConfigurationError, FieldError
from shared.telemetry import TelemetrySettings
from shared.web import WebSettings

PREFIX = "TIMEPOST_PROCESS_"


class ProcessIdentity(IdentitySettings):
    """As every tier's, with this tier's own name at the provider."""

    audience: str = "timepost-process"
    client_id: str | None = "timepost-process"


class ProcessSettings(BaseSettings):
    """One object for the API and the workers: they run from one image."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Literal["development", "production"] = "production"
    database_url: SecretStr = Field(description="postgresql://user:password@host/database")
    system_url: str = Field(
        pattern=r"^https?://[^/]", description="Address of the system tier, without /v1."
    )
    identity: ProcessIdentity
    web: WebSettings = WebSettings(max_body_bytes_by_prefix={"/v1/events": 16 * 1024 * 1024})
    telemetry: TelemetrySettings = TelemetrySettings()
    pool_size: int = Field(default=8, ge=2, le=100)
    worker_concurrency: int = Field(default=8, ge=1, le=64)
    sweep_every_seconds: int = Field(default=300, ge=5)
    sweep_days: int = Field(default=62, ge=7, description="Window of work dates a sweep compares.")
    masters_every_seconds: int = Field(default=900, ge=5)


def read_settings() -> ProcessSettings:
    """The settings of the environment.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    try:
        return ProcessSettings()
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [
            FieldError(
                field=PREFIX + "__".join(str(part) for part in each["loc"]).upper(),
                message=each["msg"],
            )
            for each in details
        ]
        lines = "\n".join(f"  {fault.field}: {fault.message}" for fault in faults)
        raise ConfigurationError(
            f"The settings of the process tier are wrong:\n{lines}", errors=faults
        ) from None
