"""Connector for Tryton (series 6 to 8), an ERP under the GPL: JSON-RPC, real software in tests."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.tryton.port import TrytonErp
from system_apis.connectors.tryton.settings import TrytonSettings

CONNECTOR = Connector(
    name="tryton",
    title="Tryton",
    capability="erp",
    settings=TrytonSettings,
    open=TrytonErp,
)
