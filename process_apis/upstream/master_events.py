"""What the contracts of HCM and CRM tell of a kept delivery, as this tier reads it."""

from typing import Literal

from process_apis.texts import Cleaned
from process_apis.upstream.time_tracking import Read


class MasterEvent(Read):
    domain: Cleaned
    subject: Cleaned
    change: Literal["CHANGED", "DELETED"] = "CHANGED"


class ParsedMasterWebhook(Read):
    events: list[MasterEvent]
