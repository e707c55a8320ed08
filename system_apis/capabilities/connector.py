"""What a connector's folder offers as `CONNECTOR`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from shared.http_client import HttpClient
from shared.values import Clock
from system_apis.capabilities.erp.port import ErpPort
from system_apis.capabilities.time_tracking.port import TimeTrackingPort

Capability = Literal["erp", "time_tracking"]
Port = ErpPort | TimeTrackingPort


@dataclass(frozen=True)
class ConnectionContext:
    """What a connector is given beside its own settings."""

    name: str
    legal_entities: tuple[str, ...]
    http: HttpClient
    clock: Clock


@dataclass(frozen=True)
class Connector:
    """A product that Timepost can talk to.

    :param settings: validates the connection's `[connections.options]` table; secrets in it
        are `SecretStr`, already resolved from their references.
    :param open: builds the port of one connection; makes no call.
    """

    name: str
    title: str
    capability: Capability
    settings: type[BaseModel]
    open: Callable[[Any, ConnectionContext], Port]
