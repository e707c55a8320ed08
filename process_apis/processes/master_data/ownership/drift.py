"""Where systems disagree: a copy that is not as the value that survives.

An owner that says nothing of an attribute disagrees with nobody.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Difference:
    """A copy that is not as the value that survives.

    :param one: the record of the ERP around which all systems' stand.
    :param value: what survives, and why in `counts`.
    """

    one: Known
    attribute: Attribute
    copy: Claim
    counts: Survivor
    value: str

    @property
    def place(self) -> Place:
        one = self.one
        return one.kind, one.connection, one.external_id, self.attribute.name, self.copy.connection

    @property
    def name(self) -> str:
        """What the copy's own system calls it."""
        names = self.one.claims["name"]
        theirs = [each.value for each in names if each.connection == self.copy.connection]
        return next((each for each in theirs if each), self.one.name)

    @property
    def owner(self) -> tuple[str, str]:
        """Connection and id; where a person decided, of the decision."""
        claim = self.counts.claim
        if claim is None:
            return DECIDED, str(self.counts.decision)
        return claim.connection, claim.external_id


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
    lines: list[Difference] = []
    async for each in differences(transaction, ownership, now, query.kind, since):
        if query.connection in (None, each.copy.connection):
            lines.append(each)
        if len(lines) > limit:
            break
    page = lines[:limit]
    following = _PLACE.dump_json(page[-1].place).decode() if len(lines) > limit else None
    return DriftPage(drift=[_line(each) for each in page], next_after=following)


async def differences(
    transaction: AsyncConnection,
    ownership: Ownership,
    now: datetime,
    kind: DriftKind | None = None,
    since: Place | None = None,
) -> AsyncIterator[Difference]:
    """Every copy that differs, by record and attribute.

    :param since: from behind this place on.
    """
    async for one in _records(transaction, kind, since, now):
        for each in _of(one, ownership):
            if since is None or each.place[:3] != since[:3] or each.place > since:
                yield each


async def _records(
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


def _of(one: Known, ownership: Ownership) -> Iterator[Difference]:
    for attribute in sorted(compared_of(one.kind), key=lambda each: each.name):
        counts = one.counts(attribute, ownership)
        # What waits for a steward is nobody's to mend yet.
        if counts.value is None or not counts.owned or counts.conflict:
            continue
        for copy in sorted(one.said(attribute), key=lambda each: each.connection):
            if attribute.differs(copy.value, counts.value):
                yield Difference(one, attribute, copy, counts, counts.value)


def _line(each: Difference) -> DriftView:
    owner_connection, owner_external_id = each.owner
    return DriftView(
        kind=DriftKind(each.one.kind),
        name=each.name,
        attribute=each.attribute.name,
        owner_connection=owner_connection,
        owner_external_id=owner_external_id,
        owner_value=each.value,
        copy_connection=each.copy.connection,
        copy_external_id=each.copy.external_id,
        copy_value=each.copy.value,
        why=each.counts.why,
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
