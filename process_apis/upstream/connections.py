"""The `connections` contract as this tier reads it."""

from typing import Literal
from zoneinfo import available_timezones

from pydantic import field_validator

from process_apis.upstream.time_tracking import Read

Capability = Literal["erp", "time_tracking", "hcm", "crm", "directory"]


class Connection(Read):
    name: str
    connector: str
    capability: Capability
    legal_entities: list[str]
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _of_ours(cls, zone: str) -> str:
        """A zone that this machine does not know would spoil statements about all connections."""
        return zone if zone in available_timezones() else "UTC"


class Connections(Read):
    connections: list[Connection]
