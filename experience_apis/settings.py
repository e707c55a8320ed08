"""Settings of the experience tier, read from ``TIMEPOST_EXPERIENCE_*``."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared import configuration
from shared.configuration import TierSettings
from shared.identity import IdentitySettings


class ExperienceIdentity(IdentitySettings):
    """This tier always exchanges its users' tokens, so its client is not optional."""

    audience: str = "timepost-experience"
    client_id: str = "timepost-experience"
    client_secret: SecretStr = Field(min_length=1, description="For exchanging users' tokens.")


class ExperienceSettings(TierSettings):
    """Nested settings take two underscores: ``TIMEPOST_EXPERIENCE_IDENTITY__ISSUER``."""

    model_config = SettingsConfigDict(env_prefix="TIMEPOST_EXPERIENCE_")

    process_url: str = Field(
        pattern=r"^https?://[^/]", description="Address of the process tier, without /v1."
    )
    process_timeout_seconds: float = Field(
        default=10.0, gt=0, le=60, description="How long one call of the process tier may take."
    )
    roles_by_groups: bool = Field(
        default=False,
        description="Ask the process tier for the roles that groups of a directory give, where its"
        " ownership file lets them (see [identity](identity.md)).",
    )
    identity: ExperienceIdentity


def read_settings() -> ExperienceSettings:
    """The settings of the environment.

    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    return configuration.read_settings(ExperienceSettings, "the experience tier")
