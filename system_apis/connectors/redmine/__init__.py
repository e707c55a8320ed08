"""Redmine, a time tracker."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.redmine.port import RedminePort
from system_apis.connectors.redmine.settings import RedmineSettings

CONNECTOR = Connector(
    name="redmine",
    title="Redmine",
    capability="time_tracking",
    settings=RedmineSettings,
    open=RedminePort,
)
