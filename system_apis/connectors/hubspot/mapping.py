"""HubSpot's words to Timepost's. Pure: no clock, no network."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from shared.values import Money
from system_apis.capabilities.crm.schemas import (
    Account,
    Domain,
    Engagement,
    EngagementStatus,
    Owner,
)
from system_apis.capabilities.rows import Unmappable
from system_apis.connectors.hubspot import platform_models as hubspot
from system_apis.connectors.hubspot.settings import HubSpotSettings

PRIMARY = 5  # HubSpot's number for "deal to primary company"
COMPANY_PROPERTIES = ("name", "hs_parent_company_id", "hubspot_owner_id")
DEAL_PROPERTIES = (
    "dealname", "amount", "deal_currency_code", "dealstage", "pipeline", "closedate",
    "hubspot_owner_id",
)  # fmt: skip

Stages = Mapping[tuple[str, str], hubspot.Stage]
Owners = Mapping[str, hubspot.Owner]


def properties_of(domain: Domain, settings: HubSpotSettings) -> list[str]:
    """What to ask for: properties come only if they are."""
    if domain == "accounts":
        return [*COMPANY_PROPERTIES, *filter(None, [settings.account_code])]
    own = (settings.engagement_code, settings.start_date, settings.end_date, settings.po_number)
    return [*DEAL_PROPERTIES, *filter(None, own)]


def to_account(found: hubspot.Record, owners: Owners, settings: HubSpotSettings) -> Account:
    """
    :raises Unmappable: it has no name.
    """
    own = found.properties
    return Account(
        external_id=found.id,
        code=_own(found, settings.account_code),
        name=_required(found, "name"),
        parent_id=own.get("hs_parent_company_id"),
        owner=to_owner(own.get("hubspot_owner_id"), owners),
        modified_at=found.updated_at,
    )


def to_engagement(
    found: hubspot.Record,
    companies: Sequence[hubspot.AssociatedCompany],
    stages: Stages,
    owners: Owners,
    settings: HubSpotSettings,
) -> Engagement:
    """
    :raises Unmappable: it has no name, an unknown stage, an amount or a date that is none, or
        several companies of which none is the primary one.
    """
    own = found.properties
    stage = stages.get((own.get("pipeline") or "", own.get("dealstage") or ""))
    if stage is None:
        raise Unmappable("dealstage: is in none of the pipelines")
    return Engagement(
        external_id=found.id,
        code=_own(found, settings.engagement_code),
        name=_required(found, "dealname"),
        account_id=_account(companies),
        status=status_of(stage),
        stage=stage.label,
        value=_value(found, settings.default_currency),
        close_date=_close_date(found, settings.timezone),
        start_date=_day(found, settings.start_date),
        end_date=_day(found, settings.end_date),
        po_number=_own(found, settings.po_number),
        owner=to_owner(own.get("hubspot_owner_id"), owners),
        modified_at=found.updated_at,
    )


def status_of(stage: hubspot.Stage) -> EngagementStatus:
    """Whether a stage is won is said by its probability: its name is anybody's choice."""
    if (stage.metadata.is_closed or "").lower() != "true":
        return EngagementStatus.OPEN
    try:
        won = Decimal(stage.metadata.probability or "0") == 1
    except InvalidOperation:
        won = False
    return EngagementStatus.WON if won else EngagementStatus.LOST


def to_owner(number: str | None, owners: Owners) -> Owner | None:
    """With name and address, unless they left and are no longer listed."""
    if number is None:
        return None
    known = owners.get(number)
    names = [part for part in (known.first_name, known.last_name) if part] if known else []
    return Owner(
        external_id=number,
        name=" ".join(names) or None,
        email=known.email if known else None,
    )


def _account(companies: Sequence[hubspot.AssociatedCompany]) -> str | None:
    primary = [each for each in companies if any(t.type_id == PRIMARY for t in each.types)]
    chosen = primary or list(companies)
    if len({each.company_id for each in chosen}) > 1:
        raise Unmappable("companies: several, and none of them is the primary one")
    return chosen[0].company_id if chosen else None


def _value(found: hubspot.Record, default_currency: str) -> Money | None:
    amount = found.properties.get("amount")
    if amount is None:
        return None
    try:
        number = Decimal(amount)
    except InvalidOperation:
        raise Unmappable("amount: is no number") from None
    currency = found.properties.get("deal_currency_code") or default_currency
    return Money(amount=number, currency=currency)


def _close_date(found: hubspot.Record, zone: str) -> date | None:
    """An instant there, meant as a day of the account."""
    written = found.properties.get("closedate")
    if written is None:
        return None
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise Unmappable("closedate: is no instant") from None
    if instant.tzinfo is None:
        return instant.date()
    return instant.astimezone(ZoneInfo(zone)).date()


def _day(found: hubspot.Record, name: str | None) -> date | None:
    written = _own(found, name)
    if written is None:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        raise Unmappable(f"{name}: is no date") from None


def _own(found: hubspot.Record, name: str | None) -> str | None:
    """
    :raises Unmappable: the account has no such property; null would not be its value.
    """
    if name is None:
        return None
    if name not in found.properties:
        raise Unmappable(f"{name}: HubSpot does not give this property")
    return found.properties[name]


def _required(found: hubspot.Record, name: str) -> str:
    value = found.properties.get(name)
    if value is None:
        raise Unmappable(f"{name}: is empty")
    return value
