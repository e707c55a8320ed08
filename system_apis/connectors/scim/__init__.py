"""SCIM 2.0: any directory that speaks it, and the workers in it."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.scim.port import ScimDirectory, ScimHcm
from system_apis.connectors.scim.settings import ScimSettings

CONNECTOR = Connector(
    name="scim",
    title="SCIM 2.0",
    capability="directory",
    settings=ScimSettings,
    open=ScimDirectory,
    also={"hcm": ScimHcm},
)
