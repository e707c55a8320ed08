"""Deliveries: proof over the raw body, and what they mean."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr, TypeAdapter, ValidationError

from shared.problems import Unauthenticated
from shared.values import Clock
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.capabilities.master_events import MasterEvent
from system_apis.connectors.bamboohr.platform_models import Event, FieldBasedDelivery

SIGNATURE = "x-bamboohr-signature"
TIMESTAMP = "x-bamboohr-timestamp"

_TOLERANCE = timedelta(minutes=5)
_DELETED = ("deleted", "employee.deleted")
_DELIVERY: TypeAdapter[Event | FieldBasedDelivery] = TypeAdapter(Event | FieldBasedDelivery)


def verify(
    headers: Mapping[str, str], body: bytes, keys: Sequence[SecretStr], clock: Clock
) -> None:
    """
    :raises Unauthenticated: no key of ours signed body and timestamp, or that was long ago.
    """
    timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not timestamp.isdecimal() or len(timestamp) > 12 or not signature.isascii():
        raise Unauthenticated("The delivery carries no BambooHR signature.")
    if abs(clock.now() - datetime.fromtimestamp(int(timestamp), UTC)) > _TOLERANCE:
        raise Unauthenticated("The delivery was signed more than five minutes ago.")
    signed = body + timestamp.encode()
    for key in keys:
        own = hmac.new(key.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()
        if hmac.compare_digest(own, signature.lower()):
            return
    raise Unauthenticated("No webhook key of this connection signed the delivery.")


def parse(body: bytes) -> list[MasterEvent]:
    """Who changed, in whatever way: the job history may be what did.

    :raises UnreadableWebhook: neither of the two forms.
    """
    try:
        delivery = _DELIVERY.validate_json(body)
    except ValidationError as error:
        places = {".".join(map(str, each["loc"])) for each in error.errors(include_input=False)}
        told = ", ".join(sorted(places)[:5])
    else:
        if isinstance(delivery, Event):
            return [_event(delivery.data.employee_id, delivery.type)]
        return [_event(each.id, each.action.lower()) for each in delivery.employees]
    # Outside of the block: the exception would quote the body.
    raise UnreadableWebhook(f"it is no delivery of BambooHR ({told}).")


def _event(employee_id: str, kind: str) -> MasterEvent:
    return MasterEvent(
        domain="workers",
        subject=employee_id,
        change="DELETED" if kind in _DELETED else "CHANGED",
    )
