"""Clockify, a time tracker with approvals by period."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.clockify.port import ClockifyPort
from system_apis.connectors.clockify.settings import ClockifySettings

CONNECTOR = Connector(
    name="clockify",
    title="Clockify",
    capability="time_tracking",
    settings=ClockifySettings,
    open=ClockifyPort,
)
