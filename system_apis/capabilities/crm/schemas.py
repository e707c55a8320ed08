"""Wire contract of `crm` v1."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from shared.values import Money
from system_apis.capabilities.contract import Code, Contract, Email, ExternalId, Name
from system_apis.capabilities.master_lists import MasterAbilities, MasterPage

Domain = Literal["accounts", "engagements"]


class CrmAbilities(MasterAbilities[Domain]):
    """What this CRM tells."""

    webhooks: bool


class Owner(Contract):
    """The person in the CRM who looks after it."""

    external_id: ExternalId
    name: Name | None = None
    email: Email | None = None


class Account(Contract):
    """A client, or somebody who may become one."""

    external_id: ExternalId
    code: Code | None = Field(default=None, description="Account number, as the ERP knows it.")
    name: Name
    parent_id: ExternalId | None = Field(default=None, description="In the account hierarchy.")
    owner: Owner | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    modified_at: AwareDatetime | None = None


class EngagementStatus(StrEnum):
    """Whether it was agreed: only what is `WON` is worked on."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class Engagement(Contract):
    """A deal, opportunity or statement of work."""

    external_id: ExternalId
    code: Code | None = None
    name: Name
    account_id: ExternalId | None = None
    status: EngagementStatus
    stage: Name | None = Field(default=None, description="In the product's words.")
    value: Money | None = None
    close_date: date | None = Field(default=None, description="Of the sale, in the CRM's own day.")
    start_date: date | None = None
    end_date: date | None = Field(default=None, description="Inclusive.")
    po_number: Code | None = Field(default=None, description="The client's purchase order.")
    owner: Owner | None = None
    modified_at: AwareDatetime | None = None


class AccountPage(MasterPage):
    items: list[Account]


class EngagementPage(MasterPage):
    items: list[Engagement]
