"""Nameless, a time tracker."""

from system_apis.capabilities.connector import Connector
from system_apis.connector_templates.time_tracking.port import NamelessPort
from system_apis.connector_templates.time_tracking.settings import NamelessSettings

CONNECTOR = Connector(
    name="nameless",
    title="Nameless",
    capability="time_tracking",
    settings=NamelessSettings,
    open=NamelessPort,
)
