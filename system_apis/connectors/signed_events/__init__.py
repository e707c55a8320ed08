"""A tracker of the firm's own that pushes whole entries, signed by Standard Webhooks."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.signed_events.port import SignedEventsPort
from system_apis.connectors.signed_events.settings import SignedEventsSettings

CONNECTOR = Connector(
    name="signed_events",
    title="Any tracker that pushes signed entries",
    capability="time_tracking",
    settings=SignedEventsSettings,
    open=SignedEventsPort,
)
