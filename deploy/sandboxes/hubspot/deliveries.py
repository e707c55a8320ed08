"""What HubSpot posts when a company or deal changes, signed with the app's client secret (v3)."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any


def signed_delivery(
    secret: str, url: str, at: datetime, events: list[tuple[str, int]]
) -> tuple[dict[str, str], bytes]:
    """Headers and body.

    :param url: where it goes: the signature is over it, too.
    :param events: pairs of subscription type (such as `deal.propertyChange`) and object id.
    """
    told: list[dict[str, Any]] = [
        {
            "eventId": 100 + place,
            "subscriptionId": 7,
            "portalId": 4711,
            "appId": 1,
            "occurredAt": int(at.timestamp() * 1000),
            "subscriptionType": kind,
            "attemptNumber": 0,
            "objectId": number,
        }
        for place, (kind, number) in enumerate(events)
    ]
    body = json.dumps(told).encode()
    timestamp = str(int(at.timestamp() * 1000))
    signed = f"POST{url}".encode() + body + timestamp.encode()
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Request-Timestamp": timestamp,
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
    }
    return headers, body
