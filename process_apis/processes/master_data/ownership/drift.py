"""Where systems disagree: a copy that is not as the value that survives.

An owner that says nothing of an attribute disagrees with nobody.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.ownership.attributes import Attribute, compared_of
from process_apis.processes.master_data.ownership.claims import Known, known
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.ownership.rules import Claim, Survivor
from process_apis.processes.master_data.ownership.schemas import (
    DriftKind,
    DriftPage,
    DriftQuery,
    DriftView,
)
from shared.problems import FieldError, InvalidRequest

_AT_ONCE = 500

# In the owner's place where a person decided; the id is that of the pin, conflict or proposal.
DECIDED = "timepost"

# Kind, connection and id of the ERP's record, then attribute and connection of the copy.
Place = tuple[str, str, str, str, str]
_PLACE: TypeAdapter[Place] = TypeAdapter(Place)

# Those that may differ: far fewer than there are, and a little more than do.
_DIFFERENT = {
    "client": """
        EXISTS (SELECT FROM account AS other WHERE other.code = anchor.code
            AND other.vanished_at IS NULL AND other.name <> anchor.name)
    """,
    "worker": """
        EXISTS (SELECT FROM employee AS other
            WHERE (other.number_key = anchor.number_key OR other.email_key = anchor.email_key)
              AND other.vanished_at IS NULL
              AND ((other.name, other.email_key, other.hire_date, other.termination_date)
                IS DISTINCT FROM (anchor.name, anchor.email_key, anchor.hire_date,
                  anchor.termination_date)
                OR EXISTS (SELECT FROM assignment AS place
                  WHERE place.owner_connection = other.owner_connection
                    AND place.worker_external_id = other.owner_external_id)))
        OR EXISTS (SELECT FROM directory_user AS other WHERE other.email_key = anchor.email_key
            AND other.vanished_at IS NULL
            AND (other.name <> anchor.name OR other.cost_centre IS NOT NULL))
    """,
}


_DECIDED = """
    EXISTS (SELECT FROM attribute_pin WHERE subject_id = anchor.id AND kind = '{kind}'
        AND released_at IS NULL)
    OR EXISTS (SELECT FROM settled_value WHERE subject_id = anchor.id AND kind = '{kind}')
"""


def _next(kind: str) -> str:
    return f"""
        SELECT anchor.id, owner_connection, owner_external_id FROM {kind} AS anchor
        WHERE vanished_at IS NULL AND ({_DIFFERENT[kind]} OR {_DECIDED.format(kind=kind)})
          AND (owner_connection, owner_external_id) >= (:connection, :external_id)
          AND (:others OR (owner_connection, owner_external_id) <> (:connection, :external_id))
        ORDER BY owner_connection, owner_external_id LIMIT :limit
    """  # noqa: S608 - our own SQL


_NEXT = {kind: text(_next(kind)) for kind in _DIFFERENT}


async def drift(
    transaction: AsyncConnection,
    ownership: Ownership,
    now: datetime,
    query: DriftQuery,
) -> DriftPage:
    """One page of what differs, by record and attribute.

    :raises InvalidRequest: `after` of the query was not made here.
    """
    since, limit = _read(query.after), query.limit
    lines: list[tuple[Place, DriftView]] = []
    async for one in _different(transaction, query.kind, since, now):
        lines += [
            (place, line)
            for place, line in _lines(one, ownership)
            if (since is None or place[:3] != since[:3] or place > since)
            and query.connection in (None, line.copy_connection)
        ]
        if len(lines) > limit:
            break
    page = lines[:limit]
    following = _PLACE.dump_json(page[-1][0]).decode() if len(lines) > limit else None
    return DriftPage(drift=[line for _, line in page], next_after=following)


async def _different(
    transaction: AsyncConnection, kind: DriftKind | None, since: Place | None, now: datetime
) -> AsyncIterator[Known]:
    """Records of ERPs that may differ from others', from the last one that was told on."""
    for each in sorted(_NEXT):
        if kind not in (None, each) or (since is not None and each < since[0]):
            continue
        begins = since is not None and since[0] == each
        place = (since[1], since[2]) if since is not None and begins else ("", "")
        others = True
        while True:
            asked = {"connection": place[0], "external_id": place[1], "others": others}
            rows = (await transaction.execute(_NEXT[each], {**asked, "limit": _AT_ONCE})).all()
            if not rows:
                break
            found = await known(transaction, each, [row.id for row in rows], now)
            for row in rows:
                if row.id in found:
                    yield found[row.id]
            place, others = (rows[-1].owner_connection, rows[-1].owner_external_id), False


def _lines(one: Known, ownership: Ownership) -> Iterator[tuple[Place, DriftView]]:
    for attribute in sorted(compared_of(one.kind), key=lambda each: each.name):
        counts = one.counts(attribute, ownership)
        # What waits for a steward is nobody's to mend yet.
        if counts.value is None or not counts.owned or counts.conflict:
            continue
        for copy in sorted(one.said(attribute), key=lambda each: each.connection):
            if attribute.differs(copy.value, counts.value):
                place = one.kind, one.connection, one.external_id, attribute.name
                line = _line(one, attribute, copy, counts, counts.value)
                yield (*place, copy.connection), line


def _line(one: Known, attribute: Attribute, copy: Claim, counts: Survivor, value: str) -> DriftView:
    names = [each.value for each in one.claims["name"] if each.connection == copy.connection]
    return DriftView(
        kind=DriftKind(one.kind),
        name=next((each for each in names if each), one.name),
        attribute=attribute.name,
        owner_connection=counts.claim.connection if counts.claim else DECIDED,
        owner_external_id=counts.claim.external_id if counts.claim else str(counts.decision),
        owner_value=value,
        copy_connection=copy.connection,
        copy_external_id=copy.external_id,
        copy_value=copy.value,
        why=counts.why,
    )


def _read(after: str | None) -> Place | None:
    if after is None:
        return None
    try:
        return _PLACE.validate_json(after)
    except ValidationError:
        raise InvalidRequest(
            "`after` is not a place in this list.",
            action="Send the next_after of the page before, or none.",
            code="invalid_cursor",
            errors=[FieldError(field="query.after", message="is not a place in this list")],
        ) from None
