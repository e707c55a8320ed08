"""Brings copies of masters in line with their owner: one attribute of one record at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from shared.http_client import NoAnswer
from shared.problems import Conflict, TooManyRequests, UpstreamRefused, UpstreamUnavailable
from shared.values import Clock
from system_apis.capabilities.repairs import (
    Kind,
    Repairable,
    RepairMade,
    RepairsMade,
    RepairStatus,
    RepairsToMake,
    RepairToMake,
)

Values = Mapping[str, str | None]

_READ_BY_MACHINES = frozenset({"email", "cost_centre"})


class RecordRefused(UpstreamRefused):
    """The product will not have this value in this record; others it may well take."""

    default_code = "record_refused"


@runtime_checkable
class Repairer(Protocol):
    """A port that can write what its abilities list under `repairs`."""

    async def repair(
        self, items: Sequence[RepairToMake], deadline: datetime
    ) -> Sequence[RepairMade]:
        """Bring each in line; one outcome per item, in order. Nothing is begun after the deadline.

        :raises UpstreamRefused: the product refuses the connection, and so every item.
        """
        ...


class Records(Protocol):
    """How a connector reads and writes single records."""

    async def read(self, kind: Kind, external_id: str) -> Values | None:
        """Attributes as the connector's lists tell them; None if there is no such record.

        Attributes that its `repairs` do not name may be missing.
        """
        ...

    async def write(self, kind: Kind, external_id: str, values: Mapping[str, str]) -> None:
        """Write these and nothing else.

        :raises RecordRefused: the product will not have them.
        """
        ...


async def carry_out(port: object, able: Sequence[Repairable], batch: RepairsToMake) -> RepairsMade:
    """Have a port make repairs.

    :raises Conflict: it cannot write one of the attributes.
    """
    lacking = sorted({f"{each.kind}.{each.attribute}" for each in batch.items} - set(able))
    if lacking or not isinstance(port, Repairer):
        raise Conflict(
            f"This connection cannot write {', '.join(lacking)}.",
            code="repairs_not_taken",
            action="Its abilities list under `repairs` what it can write.",
        )
    return RepairsMade(outcomes=list(await port.repair(batch.items, batch.deadline)))


async def repair_records(
    records: Records, items: Sequence[RepairToMake], deadline: datetime, clock: Clock
) -> list[RepairMade]:
    """Repair record by record; the rest waits once the product throttles or is away."""
    outcomes: dict[str, RepairMade] = {}
    stopped: str | None = None
    for record in dict.fromkeys(item.record for item in items):
        own = [item for item in items if item.record == record]
        if stopped is None and clock.now() >= deadline:
            stopped = "there was no time left for it"
        if stopped is None:
            try:
                outcomes |= await _repair_one(records, own)
            except (TooManyRequests, UpstreamUnavailable, NoAnswer) as problem:
                # What was written without an answer says what is wanted when it is next read.
                stopped = problem.detail
        for item in own:
            outcomes.setdefault(item.reference, _made(item, RepairStatus.RETRY, stopped))
    return [outcomes[item.reference] for item in items]


async def _repair_one(records: Records, items: Sequence[RepairToMake]) -> dict[str, RepairMade]:
    kind, external_id = items[0].record
    now = await records.read(kind, external_id)
    judged = {item.reference: _judge(item, now) for item in items}
    to_write = [item for item in items if judged[item.reference] is None]
    made = {reference: each for reference, each in judged.items() if each is not None}
    if not to_write:
        return made
    try:
        await records.write(kind, external_id, {item.attribute: item.wanted for item in to_write})
    except RecordRefused as problem:
        if len(to_write) > 1:
            # One of them spoils the others; dates may have to move together, so that was first.
            for item in to_write:
                made |= await _repair_one(records, [item])
            return made
        return made | {to_write[0].reference: _refused(to_write[0], problem)}
    now = await records.read(kind, external_id) or {}
    return made | {item.reference: _judge_written(item, now) for item in to_write}


def _judge_written(item: RepairToMake, now: Values) -> RepairMade:
    """Products take what their user may not write, and leave it out without a word."""
    if _says(item, now.get(item.attribute)):
        return _made(item, RepairStatus.DONE, written=True)
    silent = "It was taken, and it still says something else: the user may not write it."
    return _made(item, RepairStatus.REFUSED, silent, written=True)


def _judge(item: RepairToMake, now: Values | None) -> RepairMade | None:
    """What there is to say without writing; None if it is to be written."""
    if now is None:
        return _made(item, RepairStatus.CHANGED, "the record is not there any more")
    value = now.get(item.attribute)
    if _says(item, value):
        return _made(item, RepairStatus.DONE)
    if _loosely(value) != _loosely(item.seen):
        return _made(item, RepairStatus.CHANGED, "it was changed since it was last read")
    return None


def _says(item: RepairToMake, value: str | None) -> bool:
    if item.attribute in _READ_BY_MACHINES:
        return _loosely(value) == _loosely(item.wanted)
    return value == item.wanted


def _loosely(value: str | None) -> str | None:
    """Callers keep values without odd characters, and addresses in small letters."""
    return " ".join((value or "").replace("\x00", "").casefold().split()) or None


def _refused(item: RepairToMake, problem: RecordRefused) -> RepairMade:
    return _made(item, RepairStatus.REFUSED, problem.detail)


def _made(
    item: RepairToMake, status: RepairStatus, message: str | None = None, *, written: bool = False
) -> RepairMade:
    return RepairMade(
        reference=item.reference,
        status=status,
        written=written,
        message=message[:500] if message else None,
    )
