"""Salesforce's words to Timepost's. Pure: no clock, no network."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.values import Money
from system_apis.capabilities.crm.schemas import (
    Account,
    Domain,
    Engagement,
    EngagementStatus,
    Owner,
)
from system_apis.capabilities.rows import Unmappable
from system_apis.connectors.salesforce import platform_models as salesforce
from system_apis.connectors.salesforce.settings import SalesforceSettings

_SHARED = ("Id", "Name", "OwnerId", "Owner.Name", "Owner.Email", "SystemModstamp", "IsDeleted")
_ACCOUNT = ("ParentId",)
_OPPORTUNITY = ("AccountId", "StageName", "IsClosed", "IsWon", "Amount", "CloseDate")


def fields_of(domain: Domain, settings: SalesforceSettings) -> list[str]:
    """What to select: one field that the org does not have refuses the whole query."""
    currency = ["CurrencyIsoCode"] if settings.multi_currency else []
    if domain == "accounts":
        own = [*_ACCOUNT, settings.account_code]
    else:
        custom = (
            settings.engagement_code,
            settings.start_date,
            settings.end_date,
            settings.po_number,
        )
        own = [*_OPPORTUNITY, *(name for name in custom if name)]
    return list(dict.fromkeys([*_SHARED, *own, *currency]))


def to_account(row: Mapping[str, Any], settings: SalesforceSettings) -> Account:
    """
    :raises Unmappable: it has no name.
    """
    found = salesforce.Account.model_validate(row)
    return Account(
        external_id=found.id,
        code=_text(row, settings.account_code),
        name=_required(found.name),
        parent_id=found.parent_id,
        owner=_owner(found.owner_id, found.owner),
        currency=found.currency,
        modified_at=found.modified,
    )


def to_engagement(row: Mapping[str, Any], settings: SalesforceSettings) -> Engagement:
    """
    :raises Unmappable: it has no name, or a date that is none.
    """
    found = salesforce.Opportunity.model_validate(row)
    currency = found.currency or settings.default_currency
    return Engagement(
        external_id=found.id,
        code=_text(row, settings.engagement_code),
        name=_required(found.name),
        account_id=found.account_id,
        status=_status(found),
        stage=found.stage,
        value=None if found.amount is None else Money(amount=found.amount, currency=currency),
        close_date=found.close_date,
        start_date=_day(row, settings.start_date),
        end_date=_day(row, settings.end_date),
        po_number=_text(row, settings.po_number),
        owner=_owner(found.owner_id, found.owner),
        modified_at=found.modified,
    )


def _status(found: salesforce.Opportunity) -> EngagementStatus:
    """Said by two fields that follow from the stage: its name is anybody's choice."""
    if not found.is_closed:
        return EngagementStatus.OPEN
    return EngagementStatus.WON if found.is_won else EngagementStatus.LOST


def _owner(number: str | None, user: salesforce.User | None) -> Owner | None:
    if number is None:
        return None
    return Owner(
        external_id=number, name=user.name if user else None, email=user.email if user else None
    )


def _text(row: Mapping[str, Any], name: str | None) -> str | None:
    """Numbers are texts as well: an auto number may come as either."""
    value = row.get(name) if name else None
    if value is None or isinstance(value, bool) or not str(value).strip():
        return None
    return str(value).strip()


def _day(row: Mapping[str, Any], name: str | None) -> date | None:
    written = _text(row, name)
    if written is None:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        raise Unmappable(f"{name}: is no date") from None


def _required(name: str | None) -> str:
    if name is None:
        raise Unmappable("Name: is empty")
    return name
