"""Settings of the system tier, from `TIMEPOST_SYSTEM_*`."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.identity import IdentitySettings
from shared.problems import ConfigurationError, FieldError
from shared.web import WebSettings
from system_apis.hand_up import HandUpSettings
from system_apis.registry import CONNECTOR_PACKAGES

PREFIX = "TIMEPOST_SYSTEM_"
AUDIENCE = "timepost-system"
MEBIBYTE = 1024 * 1024


class SystemSettings(BaseSettings):
    """Nested settings take two underscores: `TIMEPOST_SYSTEM_IDENTITY__ISSUER`."""

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
    connections_file: Path = Field(description="TOML file of the connections.")
    connector_packages: tuple[str, ...] = Field(
        default=CONNECTOR_PACKAGES,
        min_length=1,
        description="Python packages whose sub-packages are connectors; a firm's own go beside "
        "the built-in ones.",
    )
    process_url: str = Field(
        pattern=r"^https?://[^/]", description="Address of the process tier, without /v1."
    )
    identity: IdentitySettings = Field(
        description="Who signs tokens; this tier's own client, for handing events up."
    )
    web: WebSettings = WebSettings(max_body_bytes=4 * MEBIBYTE)
    hand_up: HandUpSettings = HandUpSettings()
    webhook_max_bytes: int = Field(
        default=MEBIBYTE, gt=0, description="Largest delivery of a tracker."
    )

    @field_validator("identity", mode="before")
    @classmethod
    def _own_audience(cls, value: Any) -> Any:
        return {"audience": AUDIENCE, **value} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.identity.client_id or not self.identity.client_secret:
            raise ValueError("identity.client_id and identity.client_secret are both needed")
        if self.environment == "production" and not self.identity.issuer.startswith("https://"):
            raise ValueError("identity.issuer must start with https:// in production")
        return self


def read_settings() -> SystemSettings:
    """The settings of the environment.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    try:
        return SystemSettings()
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [FieldError(field=_variable(item["loc"]), message=item["msg"]) for item in details]
        lines = "\n".join(f"  {fault.field}: {fault.message}" for fault in faults)
        raise ConfigurationError(
            f"The settings of the system tier are wrong:\n{lines}", errors=faults
        ) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + ("__".join(str(part) for part in location).upper() or "*")
