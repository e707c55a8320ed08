"""Options of a Nameless connection (`[connections.options]`)."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class NamelessSettings(BaseModel):
    """How to reach Nameless."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="Where its API is.",
        examples=["https://nameless.example.com/api"],
    )
    api_key: SecretStr = Field(description="Of an account that may write time entries.")
    settle_seconds: int = Field(
        default=60, ge=0, description="How long an unanswered call may still be carried out."
    )
