"""The `connections` contract as this tier reads it."""

from typing import Literal

from process_apis.upstream.time_tracking import Read

Capability = Literal["erp", "time_tracking", "hcm", "crm", "directory"]


class Connection(Read):
    name: str
    connector: str
    capability: Capability
    legal_entities: list[str]


class Connections(Read):
    connections: list[Connection]
