"""HubSpot, a CRM."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.hubspot.port import HubSpotPort
from system_apis.connectors.hubspot.settings import HubSpotSettings

CONNECTOR = Connector(
    name="hubspot",
    title="HubSpot",
    capability="crm",
    settings=HubSpotSettings,
    open=HubSpotPort,
)
