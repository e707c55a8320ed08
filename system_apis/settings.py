"""Settings of the system tier, from `TIMEPOST_SYSTEM_*`."""

from pathlib import Path
from typing import TypeVar

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared import configuration
from shared.configuration import StoppableTierSettings
from shared.identity import IdentitySettings
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


class SystemSettings(ConnectionSettings, StoppableTierSettings):
    """Nested settings take two underscores: `TIMEPOST_SYSTEM_IDENTITY__ISSUER`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    process_url: str = Field(
        pattern=r"^https?://[^/]", description="Address of the process tier, without /v1."
    )
    identity: SystemIdentity
    web: WebSettings = WebSettings(
        max_body_bytes=4 * MEBIBYTE,
        max_body_bytes_by_prefix={"/time-tracking/v1/*/entries/bulk": 16 * MEBIBYTE},
    )
    hand_up: HandUpSettings = HandUpSettings()
    webhook_max_bytes: int = Field(
        default=MEBIBYTE, gt=0, description="Largest delivery of a tracker."
    )


def read_settings(kind: type[S], **given: Path) -> S:
    """Settings of the environment; what is ``given`` goes before it.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    return configuration.read_settings(kind, "the system tier", **given)
