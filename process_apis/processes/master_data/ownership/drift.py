"""Where systems disagree: a copy that is not as the value that survives.

An owner that says nothing of an attribute disagrees with nobody.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.ownership.attributes import Attribute, compared_of
from process_apis.processes.master_data.ownership.candidates import KINDS, candidates
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
    for each in KINDS:
        if kind not in (None, each) or (since is not None and each < since[0]):
            continue
        place, first = ("", ""), True
        if since is not None and since[0] == each:
            place = since[1], since[2]
        while rows := await candidates(transaction, each, place, now.date(), from_there=first):
            for start in range(0, len(rows), _AT_ONCE):
                some = [row.id for row in rows[start : start + _AT_ONCE]]
                found = await known(transaction, each, some, now)
                for one in some:
                    if one in found:
                        yield found[one]
            place, first = (rows[-1].owner_connection, rows[-1].owner_external_id), False


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
