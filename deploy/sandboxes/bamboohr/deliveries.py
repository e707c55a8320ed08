"""What BambooHR posts when an employee changes, signed with the webhook's own key."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, Literal

Event = Literal["employee.created", "employee.updated", "employee.deleted"]


def signed_delivery(
    key: str, event: Event, employee_id: int, at: datetime, *, field_based: bool = False
) -> tuple[dict[str, str], bytes]:
    """Headers and body: the signature is over the body and the timestamp after it.

    :param field_based: the older form, which names several employees.
    """
    written = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
    body: dict[str, Any]
    if field_based:
        action = event.removeprefix("employee.").title()
        told = {"id": str(employee_id), "action": action, "timestamp": written}
        body = {"employees": [told | {"changedFields": ["Work Email"], "fields": {}}]}
    else:
        data = {"companyId": "4711", "employeeId": str(employee_id), "changedFields": ["workEmail"]}
        body = {"type": event, "timestamp": written, "data": data}
    content = json.dumps(body).encode()
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), content + timestamp.encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-BambooHR-Timestamp": timestamp,
        "X-BambooHR-Signature": signature,
    }
    return headers, content
