"""Finds the connectors: a folder in a connector package is a connector, there is no list.

A folder that is there but not in order stops the start. Leaving it out instead would surface
hours later, as a connection that nobody can reach.
"""

import importlib
import pkgutil
import re
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import get_args

from pydantic import BaseModel

from shared.problems import ConfigurationError
from system_apis.capabilities.connector import Capability, Connector, Port
from system_apis.capabilities.crm.port import CrmPort
from system_apis.capabilities.directory.port import DirectoryPort
from system_apis.capabilities.erp.port import ErpPort
from system_apis.capabilities.hcm.port import HcmPort
from system_apis.capabilities.time_tracking.port import TimeTrackingPort

CONNECTOR_PACKAGES = ("system_apis.connectors",)
PORTS: Mapping[Capability, type] = {
    "erp": ErpPort,
    "time_tracking": TimeTrackingPort,
    "hcm": HcmPort,
    "crm": CrmPort,
    "directory": DirectoryPort,
}

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def discover_connectors(packages: Sequence[str] = CONNECTOR_PACKAGES) -> dict[str, Connector]:
    """Every connector of the packages, by its name, in alphabetical order.

    :raises ConfigurationError: a connector cannot be imported or is malformed, two have one
        name, or a package does not exist.
    """
    found: dict[str, Connector] = {}
    for package in packages:
        for folder in _folders(package):
            connector = _load(f"{package}.{folder}")
            if connector.name in found:
                raise ConfigurationError(
                    f"Two connectors are called {connector.name!r}; one is {package}.{folder}."
                )
            found[connector.name] = connector
    return dict(sorted(found.items()))


def connector_faults(module: ModuleType) -> list[str]:
    """What is wrong with a connector's ``CONNECTOR``, in words; empty if nothing is."""
    folder = module.__name__.rpartition(".")[2]
    connector = getattr(module, "CONNECTOR", None)
    if not isinstance(connector, Connector):
        return ["it offers no CONNECTOR of type system_apis.capabilities.connector.Connector"]
    return [fault for is_fault, fault in _rules(folder, connector) if is_fault]


def missing_methods(port: Port, capability: Capability) -> list[str]:
    """Methods of the capability's port that the object does not have."""
    protocol = PORTS[capability]
    wanted = [name for name in vars(protocol) if not name.startswith("_")]
    return sorted(name for name in wanted if not callable(getattr(port, name, None)))


def _folders(package: str) -> list[str]:
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise ConfigurationError(
            f"The connector package {package} cannot be imported: {error}.",
            action="Correct TIMEPOST_SYSTEM_CONNECTOR_PACKAGES, or install the package.",
        ) from error
    return sorted(entry.name for entry in pkgutil.iter_modules(module.__path__) if entry.ispkg)


def _load(name: str) -> Connector:
    try:
        module = importlib.import_module(name)
    # Whatever a broken connector raises while it is imported, its name must stand in the error.
    except Exception as error:
        raise ConfigurationError(
            f"The connector {name} cannot be imported: {type(error).__name__}: {error}.",
            action="Mend the connector, or remove its folder.",
        ) from error
    if faults := connector_faults(module):
        raise ConfigurationError(
            f"The connector {name} is malformed: {'; '.join(faults)}.",
            action="Mend the connector, or remove its folder.",
        )
    connector: Connector = module.CONNECTOR
    return connector


def _rules(folder: str, connector: Connector) -> list[tuple[bool, str]]:
    # A connector may come from a package that no type checker has seen.
    settings: object = connector.settings
    is_model = isinstance(settings, type) and issubclass(settings, BaseModel)
    capabilities = get_args(Capability)
    known = ", ".join(capabilities)
    return [
        (connector.name != folder, f"its name {connector.name!r} is not its folder's, {folder!r}"),
        (not _NAME.fullmatch(connector.name), "its name is not lower-case letters and digits"),
        (not connector.title.strip(), "it has no title"),
        *(
            (each not in capabilities, f"its capability {each!r} is none of {known}")
            for each in connector.openers
        ),
        (not is_model, "its settings are not a pydantic model"),
        (
            not all(callable(each) for each in connector.openers.values()),
            "its open cannot be called",
        ),
        (connector.capability in connector.also, f"it opens {connector.capability} in two ways"),
    ]
