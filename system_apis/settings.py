"""Settings of the system tier, from `TIMEPOST_SYSTEM_*`."""

from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.identity import IdentitySettings
from shared.problems import ConfigurationError, FieldError
from shared.telemetry import TelemetrySettings
from shared.web import WebSettings
from system_apis.hand_up import HandUpSettings
from system_apis.registry import CONNECTOR_PACKAGES

PREFIX = "TIMEPOST_SYSTEM_"
MEBIBYTE = 1024 * 1024

S = TypeVar("S", bound=BaseSettings)


class SystemIdentity(IdentitySettings):
    """This tier hands events up with its own token, so its client is not optional."""

    audience: str = "timepost-system"
    client_id: str = "timepost-system"
    client_secret: SecretStr = Field(min_length=1, description="For handing events up.")


class ConnectorSettings(BaseSettings):
    """Where connectors are found."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    connector_packages: tuple[str, ...] = Field(
        default=CONNECTOR_PACKAGES,
        min_length=1,
        description="Python packages whose sub-packages are connectors; a firm's own go beside "
        "the built-in ones.",
    )


class ConnectionSettings(ConnectorSettings):
    """Where connections are found: all that the command line needs."""

    connections_file: Path = Field(description="TOML file of the connections.")


class SystemSettings(ConnectionSettings):
    """Nested settings take two underscores: `TIMEPOST_SYSTEM_IDENTITY__ISSUER`."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="__", nested_model_default_partial_update=True
    )

    environment: Literal["development", "production"] = Field(
        default="production", description="`development` allows plain http to the issuer."
    )
    process_url: str = Field(
        pattern=r"^https?://[^/]", description="Address of the process tier, without /v1."
    )
    identity: SystemIdentity
    telemetry: TelemetrySettings = TelemetrySettings()
    web: WebSettings = WebSettings(max_body_bytes=4 * MEBIBYTE)
    hand_up: HandUpSettings = HandUpSettings()
    webhook_max_bytes: int = Field(
        default=MEBIBYTE, gt=0, description="Largest delivery of a tracker."
    )

    @model_validator(mode="after")
    def _issuer_is_authentic(self) -> Self:
        if self.environment == "production" and not self.identity.issuer.startswith("https://"):
            raise ValueError("identity.issuer must start with https:// in production")
        return self


def read_settings(kind: type[S], **given: Path) -> S:
    """Settings of the environment; what is ``given`` goes before it.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    try:
        return kind(**given)  # type: ignore[arg-type]  # its fields, by name
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [FieldError(field=_variable(item["loc"]), message=item["msg"]) for item in details]
        lines = "\n".join(f"  {fault.field}: {fault.message}" for fault in faults)
        raise ConfigurationError(
            f"The settings of the system tier are wrong:\n{lines}", errors=faults
        ) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + ("__".join(str(part) for part in location).upper() or "*")
