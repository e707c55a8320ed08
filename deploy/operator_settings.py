"""Settings of whoever operates Timepost from a terminal (`TIMEPOST_OPERATOR_…`)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared import configuration
from shared.identity import IdentitySettings

AUDIENCE = "timepost-process"


class OperatorIdentity(BaseModel):
    """As which client the operator appears at the identity provider."""

    model_config = ConfigDict(frozen=True)

    issuer: str = Field(pattern=r"^https?://[^/]", description="The provider's issuer.")
    client_id: str = Field(
        default="timepost-operator", description="It needs the role integration.operator."
    )
    client_secret: SecretStr = Field(min_length=1, description="The client's secret.")
    token_endpoint: str | None = Field(
        default=None, description="Where tokens are obtained; discovered when not given."
    )
    audience_parameter: Literal["audience", "resource"] = Field(
        default="audience", description="How this provider is told which API a token is for."
    )

    def for_tokens(self) -> IdentitySettings:
        """As what obtains tokens wants it."""
        return IdentitySettings(audience=AUDIENCE, **self.model_dump())


class OperatorSettings(BaseSettings):
    """Where the process tier is, and who calls it."""

    model_config = SettingsConfigDict(
        env_prefix="TIMEPOST_OPERATOR_",
        env_nested_delimiter="__",
        frozen=True,
        hide_input_in_errors=True,
    )

    process_url: str = Field(
        pattern=r"^https?://[^/]", description="Address of the process tier, without /v1."
    )
    identity: OperatorIdentity


def read_settings() -> OperatorSettings:
    """Settings of the environment.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    return configuration.read_settings(OperatorSettings, "the operator's commands")
