"""What a change of a record does to what it is called by, and to what it is part of. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from process_apis.processes.master_data.rules import normalised

Facts = Mapping[str, Any]


class Drift(StrEnum):
    """What became of a record's code, or of what the record is part of."""

    RENAMED = "RENAMED"
    REUSED = "REUSED"
    DELETED = "DELETED"
    REPARENTED = "REPARENTED"


# Of the kinds that entries refer to: what they are called by, the strongest first, within what
# nothing else is called so, and what they are part of.
CALLED = {
    "worker": ("employee_number",),
    "project": ("code",),
    "task": ("code", "name"),
}
# Of these, others may come in the place.
SUCCEEDED = ("project", "task")
WITHIN = {
    "worker": "legal_entity_external_id",
    "project": "legal_entity_external_id",
    "task": "project_external_id",
}
PARENTS = {
    "worker": ("legal_entity_external_id",),
    "project": ("legal_entity_external_id", "client_external_id"),
    "task": ("project_external_id",),
}


@dataclass(frozen=True)
class Code:
    """What a record is called by.

    :param attribute: where it stands.
    """

    attribute: str
    value: str

    @property
    def key(self) -> str:
        """As codes are compared."""
        return normalised(self.value) or ""


@dataclass(frozen=True)
class Found:
    """One drift of one record.

    :param other_id: for a code that is used again, whose it was.
    """

    record: Facts
    drift: Drift
    attribute: str
    before: str | None
    after: str | None
    other_id: UUID | None = None


@dataclass(frozen=True)
class Holder:
    """A record that has, or had, a code."""

    id: UUID
    key: str
    within: str
    email: str | None = None


def code_of(kind: str, facts: Facts) -> Code | None:
    """The strongest that it has."""
    for attribute in CALLED[kind]:
        if normalised(facts[attribute]):
            return Code(attribute, facts[attribute])
    return None


def between(kind: str, before: Facts, after: Facts) -> Iterator[Found]:
    """What a change of one record means; a code that it only now has is none that drifted."""
    old, new = code_of(kind, before), code_of(kind, after)
    if old and new and old.attribute == new.attribute and old.key != new.key:
        yield Found(after, Drift.RENAMED, old.attribute, old.value, new.value)
    for name in PARENTS[kind]:
        if before[name] != after[name]:
            yield Found(after, Drift.REPARENTED, name, before[name], after[name])


def deleted(kind: str, record: Facts) -> Found:
    """A record that its owner does not list any more."""
    code = code_of(kind, record)
    attribute = code.attribute if code else "name"
    return Found(record, Drift.DELETED, attribute, record[attribute], None)


def takes_code(kind: str, before: Facts | None, after: Facts) -> Code | None:
    """The code that a record has only now, if it has one; that it had before it was gone counts
    for nothing."""
    code = code_of(kind, after)
    there = before is not None and before["vanished_at"] is None
    old = code_of(kind, before) if before is not None and there else None
    return None if code is None or (old is not None and old.key == code.key) else code


def reused(kind: str, record: Facts, code: Code, holders: Iterable[Holder]) -> Iterator[Found]:
    """Whose a code was before, in the same company or project.

    Somebody who comes back with their old number is the same person, if the address says so.
    """
    for holder in holders:
        if holder.id == record["id"] or holder.key != code.key:
            continue
        if holder.within != record[WITHIN[kind]]:
            continue
        if kind == "worker" and holder.email and holder.email == record["email_key"]:
            continue
        yield Found(record, Drift.REUSED, code.attribute, None, code.value, holder.id)
