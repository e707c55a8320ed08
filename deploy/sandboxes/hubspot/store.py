"""What the stand-in remembers, in memory."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.values import Clock

Kind = Literal["companies", "deals"]

STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", False, "0.2"),
    ("contractsent", "Contract Sent", False, "0.9"),
    ("closedwon", "Closed Won", True, "1.0"),
    ("closedlost", "Closed Lost", True, "0.0"),
)


@dataclass
class Record:
    """All properties are texts, whatever they mean; a property that was never set is null."""

    id: int
    properties: dict[str, str | None]
    created: datetime
    updated: datetime
    archived_at: datetime | None = None


@dataclass
class Owner:
    id: int
    email: str
    first_name: str
    last_name: str


@dataclass
class Faults:
    """What goes wrong next.

    :param rate_limited: names of policies; each answers one request with 429.
    :param migrating: requests that are answered 477: the account moves to another data centre.
    :param unavailable: requests that are answered by a page of the load balancer.
    :param missing_scopes: objects that the token may not read.
    :param index_lag: seconds until a change is found by a search.
    """

    rate_limited: list[str] = field(default_factory=list)
    migrating: int = 0
    unavailable: int = 0
    missing_scopes: set[str] = field(default_factory=set)
    index_lag: int = 0


@dataclass
class Store:
    """One account; its token is ``hubspot-token``.

    :param most_hits: beyond so many a search refuses to page on.
    """

    clock: Clock
    token: str = "hubspot-token"  # noqa: S105 - of a stand-in
    records: dict[Kind, dict[int, Record]] = field(
        default_factory=lambda: {"companies": {}, "deals": {}}
    )
    companies_of: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    owners: list[Owner] = field(default_factory=list)
    most_hits: int = 10_000
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(9001)

    def now(self) -> datetime:
        """Instants have milliseconds."""
        now = self.clock.now().astimezone(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def add_owner(self, first_name: str, last_name: str) -> Owner:
        email = f"{first_name.lower()}@haldenridge.example"
        self.owners.append(Owner(next(self._ids), email, first_name, last_name))
        return self.owners[-1]

    def add(self, kind: Kind, **properties: str | None) -> Record:
        number = next(self._ids)
        record = Record(number, dict(properties), self.now(), self.now())
        self.records[kind][number] = record
        return record

    def change(self, record: Record, **properties: str | None) -> None:
        record.properties |= properties
        record.updated = self.now()

    def archive(self, record: Record) -> None:
        """Into the recycle bin, where it stays for 90 days."""
        record.archived_at = self.now()

    def associate(self, deal: Record, company: Record, *, primary: bool = True) -> None:
        self.companies_of.setdefault(deal.id, []).append((company.id, primary))

    def merge(self, kind: Kind, kept: Record, other: Record) -> None:
        """The other is gone, and in no recycle bin."""
        del self.records[kind][other.id]
        self.change(kept)

    def living(self, kind: Kind) -> list[Record]:
        """By id."""
        found = (each for each in self.records[kind].values() if each.archived_at is None)
        return sorted(found, key=lambda each: each.id)

    def archived(self, kind: Kind) -> list[Record]:
        found = (each for each in self.records[kind].values() if each.archived_at)
        return sorted(found, key=lambda each: each.id)

    def indexed(self, kind: Kind) -> list[Record]:
        """What a search finds: it lags behind."""
        until = self.now() - timedelta(seconds=self.faults.index_lag)
        return [each for each in self.living(kind) if each.updated <= until]
