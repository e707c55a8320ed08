"""Options of a HubSpot connection (`[connections.options]`)."""

from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

Property = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class HubSpotSettings(BaseModel):
    """How to reach the account, and which properties mean what."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr = Field(
        description="Access token of a private app that may read companies, deals and owners."
    )
    default_currency: str = Field(
        pattern=r"^[A-Z]{3}$",
        description="Of deals that name none: the account's own.",
        examples=["EUR"],
    )
    timezone: str = Field(
        default="UTC", description="IANA zone of the account: a deal's close date is a day there."
    )
    account_code: Property | None = Field(
        default=None, description="Property of companies with the client's number in the ERP."
    )
    engagement_code: Property | None = Field(
        default=None, description="Property of deals with the engagement's code."
    )
    start_date: Property | None = Field(default=None, description="Date property of deals.")
    end_date: Property | None = Field(default=None, description="Date property of deals.")
    po_number: Property | None = Field(
        default=None, description="Property of deals with the client's purchase order."
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="Client secret of the app that delivers webhooks."
    )
    webhook_url: str | None = Field(
        default=None,
        pattern=r"^https://\S+$",
        description="Address of the webhooks exactly as it stands in the app: the signature is "
        "over it, too.",
    )
    look_back_seconds: int = Field(
        default=300,
        ge=0,
        le=7200,
        description="How much earlier than asked changes are looked for: HubSpot's search finds "
        "them with a delay.",
    )
    keep_lists_seconds: int = Field(
        default=300, ge=0, le=86_400, description="How long owners and stages are kept."
    )
    base_url: str = Field(
        default="https://api.hubapi.com", pattern=r"^https?://[^\s?#/]+$", description="Of the API."
    )

    @field_validator("timezone")
    @classmethod
    def _is_known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is not the name of an IANA time zone") from None
        return zone

    @model_validator(mode="after")
    def _has_both_for_webhooks(self) -> Self:
        if (self.webhook_secret is None) != (self.webhook_url is None):
            raise ValueError("webhook_secret and webhook_url go together")
        return self
