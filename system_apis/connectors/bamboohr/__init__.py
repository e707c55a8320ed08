"""BambooHR, an HCM."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.bamboohr.port import BambooHrPort
from system_apis.connectors.bamboohr.settings import BambooHrSettings

CONNECTOR = Connector(
    name="bamboohr",
    title="BambooHR",
    capability="hcm",
    settings=BambooHrSettings,
    open=BambooHrPort,
)
