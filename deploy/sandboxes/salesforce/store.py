"""What the stand-in remembers, in memory."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.values import Clock

VERSION = "62.0"
_PREFIXES = {"Account": "001", "Opportunity": "006", "User": "005"}
# What every org has; custom fields come on top.
STANDARD = {
    "Account": {"Name", "AccountNumber", "ParentId", "OwnerId"},
    "Opportunity": {
        "Name", "AccountId", "StageName", "IsClosed", "IsWon", "Amount", "CloseDate", "OwnerId",
    },
    "User": {"Name", "Email"},
}  # fmt: skip
SYSTEM = {"Id", "SystemModstamp", "IsDeleted"}


@dataclass
class Record:
    """Id, fields, and when something last happened to it."""

    id: str
    kind: str
    values: dict[str, Any]
    modified: datetime
    deleted: bool = False


@dataclass
class Faults:
    """What goes wrong next.

    :param expired: sessions that have ended.
    :param unavailable: requests that are answered 503, as during maintenance.
    :param concurrent: requests that are refused because too many long ones run.
    :param split_after: rows in one answer; the rest is behind `nextRecordsUrl`.
    :param hidden: fields that the user's profile does not show: as if there were none.
    """

    expired: set[str] = field(default_factory=set)
    unavailable: int = 0
    concurrent: int = 0
    split_after: int = 2000
    hidden: set[str] = field(default_factory=set)


@dataclass
class Store:
    """One org; its connected app is ``consumer-key`` with ``consumer-secret``, its integration
    user ``timepost@haldenridge.example`` with the password ``password`` and the token ``token``.

    :param instance_url: told with a session; None: where the request came in.
    :param multi_currency: records have a `CurrencyIsoCode`.
    """

    clock: Clock
    instance_url: str | None = None
    multi_currency: bool = False
    custom: dict[str, set[str]] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    locators: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: int = 0
    most_calls: int = 15_000
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)

    def now(self) -> datetime:
        """`SystemModstamp` has whole seconds."""
        return self.clock.now().astimezone(UTC).replace(microsecond=0)

    def next_number(self) -> int:
        return next(self._ids)

    def add(self, kind: str, **values: Any) -> Record:
        """With an id of 18 characters; case matters in it."""
        made = f"{_PREFIXES[kind]}Hd000000{self.next_number():04}AAA"
        self.records[made] = Record(made, kind, values, self.now())
        return self.records[made]

    def change(self, record: Record, **values: Any) -> None:
        record.values |= values
        record.modified = self.now()

    def delete(self, record: Record) -> None:
        """Into the recycle bin: only queryAll still shows it."""
        record.deleted, record.modified = True, self.now()

    def of(self, kind: str, *, with_deleted: bool) -> list[Record]:
        """By id."""
        found = (
            each
            for each in self.records.values()
            if each.kind == kind and (with_deleted or not each.deleted)
        )
        return sorted(found, key=lambda each: each.id)

    def fields(self, kind: str) -> set[str]:
        known = STANDARD[kind] | SYSTEM | self.custom.get(kind, set())
        known |= {"CurrencyIsoCode"} if self.multi_currency else set()
        return known - self.faults.hidden
