"""Binds by hand, for a span of days: what the id was bound to on other days stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data.spans import Span
from process_apis.processes.master_data.tables import Binding, BindingOrigin, MasterKind

_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('bindings ' || :connection, 1))")
_CURRENT = text(
    "SELECT * FROM binding WHERE connection = :connection AND kind = :kind"
    " AND external_id = :external_id AND archived_at IS NULL"
)
_ARCHIVE = text("UPDATE binding SET archived_at = :now WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class Correction:
    """A binding made by a person."""

    connection: str
    kind: MasterKind
    external_id: str
    canonical_id: UUID
    valid_from: date | None
    valid_to: date | None
    actor: str


async def correct(connection: AsyncConnection, correction: Correction, now: datetime) -> UUID:
    """Bind for the days of the correction; returns the id of the binding.

    A binding that holds on any of these days is archived. For its other days there is another like
    it, so that of an id at most one binding holds on a day.
    """
    await connection.execute(_ALONE, {"connection": correction.connection})
    asked = {
        "connection": correction.connection,
        "kind": correction.kind,
        "external_id": correction.external_id,
    }
    span = Span(correction.valid_from, correction.valid_to)
    current = as_dicts(await connection.execute(_CURRENT, asked))
    cut = [row for row in current if _span_of(row).overlaps(span)]
    await connection.execute(_ARCHIVE, {"ids": [row["id"] for row in cut], "now": now})
    binding = Binding(
        connection=correction.connection,
        kind=correction.kind,
        external_id=correction.external_id,
        canonical_id=correction.canonical_id,
        origin=BindingOrigin.MANUAL,
        valid_from=correction.valid_from,
        valid_to=correction.valid_to,
        created_at=now,
        created_by=correction.actor,
    )
    rest = [
        {**row, "id": uuid4(), "valid_from": left.first, "valid_to": left.last}
        for row in cut
        for left in _span_of(row).without(span)
    ]
    await connection.execute(insert(Binding), [*rest, binding.model_dump()])
    return binding.id


def _span_of(row: Mapping[str, Any]) -> Span:
    return Span(row["valid_from"], row["valid_to"])
