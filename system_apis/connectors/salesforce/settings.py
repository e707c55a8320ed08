"""Options of a Salesforce connection (`[connections.options]`)."""

from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")]


class SalesforceSettings(BaseModel):
    """How to reach the org, and which fields mean what."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    login_url: str = Field(
        pattern=r"^https?://[^\s?#/]+$",
        description="The org's own domain (My Domain).",
        examples=["https://yourfirm.my.salesforce.com"],
    )
    client_id: str = Field(
        description="Consumer key of the connected app.", examples=["3MVG9..."], min_length=1
    )
    client_secret: SecretStr = Field(description="Consumer secret of the connected app.")
    username: str | None = Field(
        default=None,
        description="Only for orgs that do not allow client credentials: the integration user.",
    )
    password: SecretStr | None = Field(
        default=None, description="The user's password with the security token behind it."
    )
    default_currency: str = Field(
        pattern=r"^[A-Z]{3}$",
        description="Of the org; with `multi_currency` only of records without one.",
        examples=["EUR"],
    )
    multi_currency: bool = Field(
        default=False, description="The org has several currencies, so records have one."
    )
    account_code: FieldName = Field(
        default="AccountNumber",
        description="Field of accounts with the client's number in the ERP.",
    )
    engagement_code: FieldName | None = Field(default=None, description="Field of opportunities.")
    start_date: FieldName | None = Field(default=None, description="Date field of opportunities.")
    end_date: FieldName | None = Field(default=None, description="Date field of opportunities.")
    po_number: FieldName | None = Field(
        default=None, description="Field of opportunities with the client's purchase order."
    )
    reserve_percent: int = Field(
        default=10,
        ge=0,
        le=90,
        description="Share of the org's daily calls that is left to others: with less of them left "
        "Timepost waits. Exhausting them would lock out every integration of the org.",
    )
    look_back_seconds: int = Field(
        default=120,
        ge=0,
        le=3600,
        description="How much earlier than asked changes are looked for: for clocks that differ.",
    )
    api_version: str = Field(default="62.0", pattern=r"^\d{2,3}\.0$")

    @model_validator(mode="after")
    def _has_both_of_the_user(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        return self
