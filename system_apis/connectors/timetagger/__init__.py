"""TimeTagger, an open-source tracker without approvals and webhooks: it is polled."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.timetagger.port import TimeTaggerPort
from system_apis.connectors.timetagger.settings import TimeTaggerSettings

CONNECTOR = Connector(
    name="timetagger",
    title="TimeTagger",
    capability="time_tracking",
    settings=TimeTaggerSettings,
    open=TimeTaggerPort,
)
