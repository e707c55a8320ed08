"""Deliveries: proof over method, address, raw body and time (signature v3), and what they mean."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from shared.problems import Unauthenticated
from shared.values import Clock
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.capabilities.master_events import MasterEvent
from system_apis.connectors.hubspot.platform_models import Notice
from system_apis.connectors.hubspot.settings import HubSpotSettings

SIGNATURE = "x-hubspot-signature-v3"
TIMESTAMP = "x-hubspot-request-timestamp"

_TOLERANCE = timedelta(minutes=5)
_NOTICES = TypeAdapter(list[Notice])
# By the word before the dot, or, in the form without it, by HubSpot's number of the object.
_LISTS = {"company": "accounts", "deal": "engagements", "0-2": "accounts", "0-3": "engagements"}


def verify(
    headers: Mapping[str, str], body: bytes, settings: HubSpotSettings, clock: Clock
) -> None:
    """
    :raises Unauthenticated: it was not signed with the app's secret for our address, or long ago.
    """
    if settings.webhook_secret is None or settings.webhook_url is None:
        raise Unauthenticated(
            "This connection takes no webhooks.",
            action="Set webhook_secret and webhook_url.",
            code="webhook_unexpected",
        )
    timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not timestamp.isdecimal() or len(timestamp) > 15 or not signature.isascii():
        raise Unauthenticated("The delivery carries no HubSpot signature of version 3.")
    if abs(clock.now() - datetime.fromtimestamp(int(timestamp) / 1000, UTC)) > _TOLERANCE:
        raise Unauthenticated("The delivery was signed more than five minutes ago.")
    signed = f"POST{settings.webhook_url}".encode() + body + timestamp.encode()
    key = settings.webhook_secret.get_secret_value().encode()
    own = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(own, signature):
        raise Unauthenticated(
            "The delivery was not signed with the app's secret for this address.",
            action="Compare webhook_secret and webhook_url with the app's settings.",
        )


def parse(body: bytes) -> list[MasterEvent]:
    """Companies and deals that changed; other objects are none of ours.

    :raises UnreadableWebhook: it is no list of events.
    """
    try:
        notices = _NOTICES.validate_json(body)
    except ValidationError as error:
        places = {".".join(map(str, each["loc"])) for each in error.errors(include_input=False)}
        told = ", ".join(sorted(places)[:5])
    else:
        return [event for each in notices if (event := _event(each)) is not None]
    # Outside of the block: the exception would quote the body.
    raise UnreadableWebhook(f"it is no delivery of HubSpot ({told}).")


def _event(notice: Notice) -> MasterEvent | None:
    kind, _, what = notice.subscription_type.partition(".")
    domain = _LISTS.get(notice.object_type_id or kind)
    if domain is None:
        return None
    return MasterEvent(
        domain=domain,
        subject=notice.object_id,
        change="DELETED" if what == "deletion" else "CHANGED",
        occurred_at=_instant(notice.occurred_at),
    )


def _instant(milliseconds: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp((milliseconds or 0) / 1000, UTC) if milliseconds else None
    except (ValueError, OverflowError, OSError):
        return None
