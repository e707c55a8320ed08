"""The connections file: which instances of which products this system tier serves."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared.problems import ConfigurationError, FieldError
from system_apis.capabilities.connector import Capability, Connector
from system_apis.secret_references import Fault, SecretResolver

LegalEntityCode = Annotated[str, Field(min_length=1, max_length=50)]


class _Table(BaseModel):
    """One `[[connections]]` table, before its options are validated by the connector."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    connector: str
    capability: str | None = None
    legal_entities: list[LegalEntityCode] = Field(min_length=1)
    timezone: str = "UTC"
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("timezone")
    @classmethod
    def _is_known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is not the name of an IANA time zone") from None
        return zone


@dataclass(frozen=True)
class Connection:
    """A configured instance of a connector.

    ``legal_entities`` are the codes of the companies that it serves; ``settings`` are the
    connector's own, with secrets resolved. In ``timezone`` most of the people work who use it.
    """

    name: str
    connector: Connector
    capability: Capability
    legal_entities: tuple[str, ...]
    settings: BaseModel
    timezone: str = "UTC"


def read_connections(
    path: Path,
    connectors: Mapping[str, Connector],
    environment: Mapping[str, str] = os.environ,
) -> list[Connection]:
    """The connections of the file, in its order.

    :raises ConfigurationError: names the file, each key that is wrong, and why. Values are
        never repeated: one of them may be a secret in the wrong place.
    """
    tables = _read_tables(path)
    resolver = SecretResolver(path.parent, environment)
    found: list[Connection] = []
    for place, table in enumerate(tables):
        connection = _read_connection(f"connections[{place}]", table, connectors, resolver)
        if connection is None:
            continue
        if any(connection.name == other.name for other in found):
            resolver.faults.append(
                Fault(f"connections[{place}].name", f"{connection.name!r} stands there twice")
            )
        found.append(connection)
    if resolver.faults:
        raise _configuration_error(path, resolver.faults)
    return found


def _read_tables(path: Path) -> list[Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"The connections file {path} cannot be read ({type(error).__name__}).",
            action="Write one (`timepost connections example` prints a start), and name it in "
            "TIMEPOST_SYSTEM_CONNECTIONS_FILE.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigurationError(f"{path} is not valid TOML: {reason}.") from None
    faults = [Fault(key, "is not known here") for key in document if key != "connections"]
    tables = document.get("connections", [])
    if not isinstance(tables, list):
        faults.append(Fault("connections", "must be written as [[connections]]"))
    if faults:
        raise _configuration_error(path, faults)
    return list(tables)


def _read_connection(
    key: str, raw: Any, connectors: Mapping[str, Connector], resolver: SecretResolver
) -> Connection | None:
    """The connection, or None after its faults were noted in the resolver."""
    try:
        table = _Table.model_validate(raw)
    except ValidationError as error:
        resolver.faults.extend(_faults(key, error))
        return None
    connector = connectors.get(table.connector)
    if connector is None:
        known = ", ".join(connectors) or "none at all"
        resolver.faults.append(
            Fault(f"{key}.connector", f"{table.connector!r} is not known; known are {known}")
        )
        return None
    capability = _capability(table, connector)
    if capability is None:
        offered = ", ".join(connector.openers)
        fault = f"{table.capability!r} is not offered by {connector.name}, only {offered}"
        resolver.faults.append(Fault(f"{key}.capability", fault))
    settings = _read_options(f"{key}.options", connector, table.options, resolver)
    if settings is None or capability is None:
        return None
    entities = tuple(table.legal_entities)
    return Connection(table.name, connector, capability, entities, settings, table.timezone)


def _capability(table: _Table, connector: Connector) -> Capability | None:
    """The one that the connection asks for, or the connector's first; None if it has not got it."""
    asked = table.capability or connector.capability
    return next((each for each in connector.openers if each == asked), None)


def _read_options(
    key: str, connector: Connector, options: dict[str, Any], resolver: SecretResolver
) -> BaseModel | None:
    resolved = resolver.resolve(connector.settings, options, key)
    faulty = {fault.key for fault in resolver.faults}
    try:
        return connector.settings.model_validate(resolved, extra="forbid")
    except ValidationError as error:
        # A secret that could not be resolved is reported once, with the reason that helps.
        resolver.faults.extend(fault for fault in _faults(key, error) if fault.key not in faulty)
        return None


def _faults(key: str, error: ValidationError) -> list[Fault]:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return [Fault(key + _written(item["loc"]), item["msg"]) for item in details]


def _written(location: Sequence[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _configuration_error(path: Path, faults: Sequence[Fault]) -> ConfigurationError:
    lines = "\n".join(f"  {fault.key}: {fault.reason}" for fault in faults)
    return ConfigurationError(
        f"{path} is wrong:\n{lines}",
        action="Correct the keys that are named; `timepost connections example` shows the format.",
        errors=[FieldError(field=fault.key, message=fault.reason) for fault in faults],
    )
