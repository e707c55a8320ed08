"""Brings copies of masters in line with their owner: one attribute of one record at a time.

Nothing is overwritten that nobody has seen: an attribute is only written while it still says what
the caller saw. So repeating a repair changes nothing, and what people change meanwhile stays.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol, Self, runtime_checkable

from pydantic import AwareDatetime, Field, model_validator

from shared.http_client import NoAnswer
from shared.problems import Conflict, TooManyRequests, UpstreamRefused, UpstreamUnavailable
from shared.values import Clock
from system_apis.capabilities.contract import Contract, ExternalId, Name

Kind = Literal["worker", "client"]
RepairedAttribute = Literal["name", "email", "hire_date", "termination_date", "cost_centre"]
Repairable = Literal[
    "worker.name",
    "worker.email",
    "worker.hire_date",
    "worker.termination_date",
    "worker.cost_centre",
    "client.name",
]
Values = Mapping[str, str | None]

MOST_REPAIRS = 50
_DATES = frozenset({"hire_date", "termination_date"})
_READ_BY_MACHINES = frozenset({"email", "cost_centre"})


class RepairToMake(Contract):
    """What an attribute of one record is to say."""

    reference: str = Field(min_length=1, max_length=200, description="Comes back as it is.")
    kind: Kind = Field(
        description="In a directory a worker is a user, in a CRM a client an account."
    )
    external_id: ExternalId
    attribute: RepairedAttribute
    seen: Name | None = Field(
        description="What it said when it was last read; dates as in ISO 8601. If it says "
        "something else by now, nothing is written."
    )
    wanted: Name = Field(description="What its owner says.")

    @property
    def record(self) -> tuple[Kind, str]:
        return self.kind, self.external_id

    @model_validator(mode="after")
    def _dates_are_dates(self) -> Self:
        if self.attribute in _DATES:
            date.fromisoformat(self.wanted)
        return self


class RepairsToMake(Contract):
    """A batch, and until when something new may be started."""

    items: list[RepairToMake] = Field(min_length=1, max_length=MOST_REPAIRS)
    deadline: AwareDatetime


class RepairStatus(StrEnum):
    """`done`: it says what is wanted, whoever wrote that; `changed`: it says something else than
    was seen, or the record is gone, and nothing was written; `refused`: the product will not;
    `retry`: later."""

    DONE = "done"
    CHANGED = "changed"
    REFUSED = "refused"
    RETRY = "retry"


class RepairMade(Contract):
    """What became of one repair."""

    reference: str
    status: RepairStatus
    written: bool = Field(description="Something was written now; false if it said so already.")
    message: str | None = Field(default=None, max_length=500, description="Why not, in words.")


class RepairsMade(Contract):
    """One outcome per item, in order."""

    outcomes: list[RepairMade]


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
