"""Salesforce, a CRM."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.salesforce.port import SalesforcePort
from system_apis.connectors.salesforce.settings import SalesforceSettings

CONNECTOR = Connector(
    name="salesforce",
    title="Salesforce",
    capability="crm",
    settings=SalesforceSettings,
    open=SalesforcePort,
)
