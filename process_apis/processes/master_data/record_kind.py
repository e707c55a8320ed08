"""What describes a kind of master record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from process_apis.processes.master_data.tables import MasterKind, MasterRecord
from process_apis.upstream.connections import Capability

# Columns of a record that say which one it is and when it was written, and nothing of it.
IDENTITY = frozenset({"id", "owner_connection", "owner_external_id", "updated_at"})


@dataclass(frozen=True)
class RecordKind:
    """One kind of master record: contract model, table, and how one becomes the other.

    :param capability: of the connections that list it.
    :param domain: its path in that capability's contract.
    """

    kind: MasterKind
    capability: Capability
    domain: str
    model: type[Any]
    table: type[MasterRecord]
    columns: Callable[[Any], dict[str, Any]]
