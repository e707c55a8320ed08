"""Options of a Nameless connection (`[connections.options]`)."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class NamelessSettings(BaseModel):
    """How to reach Nameless, and how to read it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="Where its API is.",
        examples=["https://nameless.example.com/api"],
    )
    api_key: SecretStr = Field(description="Of an account that sees everybody's entries.")
    default_timezone: str = Field(
        default="UTC", description="IANA zone for people whose own is not known."
    )

    @field_validator("default_timezone")
    @classmethod
    def _is_known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is not the name of an IANA time zone") from None
        return zone
