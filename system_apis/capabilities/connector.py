"""What a connector's folder offers as `CONNECTOR`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from shared.http_client import HttpClient
from shared.values import Clock
from system_apis.capabilities.crm.port import CrmPort
from system_apis.capabilities.directory.port import DirectoryPort
from system_apis.capabilities.erp.port import ErpPort
from system_apis.capabilities.hcm.port import HcmPort
from system_apis.capabilities.time_tracking.port import TimeTrackingPort

Capability = Literal["erp", "time_tracking", "hcm", "crm", "directory"]
Port = ErpPort | TimeTrackingPort | HcmPort | CrmPort | DirectoryPort


@dataclass(frozen=True)
class ConnectionContext:
    """What a connector is given beside its own settings."""

    name: str
    legal_entities: tuple[str, ...]
    http: HttpClient
    clock: Clock


Opener = Callable[[Any, ConnectionContext], Port]


@dataclass(frozen=True)
class Connector:
    """A product that Timepost can talk to.

    :param settings: validates the connection's `[connections.options]` table; secrets in it
        are `SecretStr`, already resolved from their references.
    :param open: builds the port of one connection; makes no call.
    :param also: further capabilities of the product, each with what opens its port. A connection
        is of one capability; it chooses these by its key `capability`.
    """

    name: str
    title: str
    capability: Capability
    settings: type[BaseModel]
    open: Opener
    also: Mapping[Capability, Opener] = field(default_factory=dict)

    @property
    def openers(self) -> Mapping[Capability, Opener]:
        """All capabilities, the one that connections have unless they say otherwise first."""
        return {self.capability: self.open, **self.also}
