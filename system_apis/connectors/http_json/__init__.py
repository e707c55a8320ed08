"""An ERP that has a REST endpoint of its own: everything about it stands in the configuration."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.http_json.port import HttpJsonErp
from system_apis.connectors.http_json.settings import HttpJsonSettings

CONNECTOR = Connector(
    name="http_json",
    title="Any ERP with an HTTP and JSON interface",
    capability="erp",
    settings=HttpJsonSettings,
    open=HttpJsonErp,
)
