"""Nameless, an ERP."""

from system_apis.capabilities.connector import Connector
from system_apis.connector_templates.erp.port import NamelessErp
from system_apis.connector_templates.erp.settings import NamelessSettings

CONNECTOR = Connector(
    name="nameless",
    title="Nameless",
    capability="erp",
    settings=NamelessSettings,
    open=NamelessErp,
)
