"""What the sub-ledger tells to whoever stands above it, within its own transactions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.states import PostingState


@dataclass(frozen=True)
class Standing:
    """How an entry stands in the ledger after a step.

    It is a whole statement about one posting, or about an entry that has none: whatever was wrong
    with it before and is not `finding` now is no longer wrong, and `because` says why. What is
    wrong with another posting of the entry stands on.

    :param about: the statement is about this one code alone, and nothing is said of others.
    """

    time_entry_id: UUID
    connection: str
    entry_external_id: str
    state: PostingState | None
    because: str
    finding: Finding | None = None
    posting_id: UUID | None = None
    document: str | None = None
    worker: str | None = None
    project: str | None = None
    task: str | None = None
    work_date: date | None = None
    minutes: int | None = None
    about: str | None = None


@dataclass(frozen=True)
class Incident:
    """How a connection as a whole stands: one statement for all that wait for it.

    :param said: why, in the words of whoever did not do it.
    :param postings: how many wait, with how many ``minutes``.
    :param over: why it is over; None as long as it lasts.
    """

    connection: str
    code: str
    since: datetime
    said: str
    postings: int
    minutes: int
    over: str | None


class Listener(Protocol):
    """Told of standings, in the transaction that makes them true."""

    async def __call__(
        self, transaction: AsyncConnection, standings: Sequence[Standing], now: datetime
    ) -> None: ...


class IncidentListener(Protocol):
    """Told of incidents, in the transaction that makes them true."""

    async def __call__(
        self, transaction: AsyncConnection, incident: Incident, now: datetime
    ) -> None: ...


@dataclass(frozen=True)
class Listeners:
    """All who are told."""

    each: Sequence[Listener] = field(default_factory=tuple)
    of_incidents: Sequence[IncidentListener] = field(default_factory=tuple)

    async def tell(
        self, transaction: AsyncConnection, standings: Sequence[Standing], now: datetime
    ) -> None:
        """Tell them, in order."""
        if standings:
            for listener in self.each:
                await listener(transaction, standings, now)

    async def tell_incident(
        self, transaction: AsyncConnection, incident: Incident, now: datetime
    ) -> None:
        """Tell them, in order."""
        for listener in self.of_incidents:
            await listener(transaction, incident, now)
