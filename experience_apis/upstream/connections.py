"""The process tier's `connections` contract: what the operations pages read of it.

Any text where the contract has an enumeration, so that a state added there does not blank a page.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class Flow(_Read):
    """Whether anything goes through."""

    mode: str
    mode_since: datetime | None
    mode_by: str | None
    mode_reason: str | None
    circuit: str
    failing_since: datetime | None
    said: str | None
    next_try_at: datetime | None


class Connection(_Read):
    """A connection."""

    name: str
    connector: str
    capability: str
    legal_entities: list[str]
    flow: Flow


class ConnectionList(_Read):
    """All of them."""

    connections: list[Connection]


class ConnectionStep(_Read):
    """Something that happened to a connection."""

    at: datetime
    what: str
    actor: str
    detail: dict[str, JsonValue]


class ConnectionDetail(_Read):
    """One connection with its history."""

    connection: Connection
    history: list[ConnectionStep]
