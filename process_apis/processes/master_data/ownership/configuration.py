"""The ownership file: who owns which attribute, by legal entity where a firm wants that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.master_data.ownership.attributes import (
    ATTRIBUTES,
    REPAIRED,
    SUBJECTS,
    Attribute,
)
from process_apis.processes.master_data.ownership.rules import Rule, Survivorship
from process_apis.provided import provided
from process_apis.toml_files import read_file, wrong
from shared.problems import FieldError

_VARIABLE = "TIMEPOST_PROCESS_OWNERSHIP_FILE"

OF_CONNECTION = "connection:"

Owner = Annotated[
    str, Field(pattern=r"^(erp|hcm|crm|directory|connection:[a-z][a-z0-9-]{0,62})$", max_length=80)
]
Role = Literal[
    "consultant",
    "project.manager",
    "finance.analyst",
    "finance.controller",
    "billing.analyst",
    "data.steward",
    "integration.operator",
]
Owners = Annotated[list[Owner], Field(max_length=10)]
Code = Annotated[str, Field(min_length=1, max_length=100)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ForLegalEntities(_Table):
    """Another rule for the workers of some legal entities."""

    codes: list[Code] = Field(min_length=1)
    owners: Owners
    survivorship: Survivorship = "source_priority"


class RuleTable(_Table):
    """Who owns one attribute."""

    owners: Owners
    survivorship: Survivorship = "source_priority"
    legal_entities: list[ForLegalEntities] = Field(default_factory=list)


class GroupRole(_Table):
    """A group of a directory that stands for a role, or gives it."""

    group: str = Field(min_length=1, max_length=200)
    role: Role
    connection: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{0,62}$")
    grants: bool = False


class RepairTable(_Table):
    """A connection whose copies are brought in line with their owners."""

    connection: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    attributes: list[str] | None = Field(default=None, min_length=1, max_length=20)

    def covers(self, subject: str, attribute: str) -> bool:
        """Whether this attribute is one of those; all are where none is named."""
        return self.attributes is None or f"{subject}.{attribute}" in self.attributes


class OwnershipFile(_Table):
    """The whole file; what it does not name is as usual."""

    worker: dict[str, RuleTable] = Field(default_factory=dict)
    client: dict[str, RuleTable] = Field(default_factory=dict)
    project: dict[str, RuleTable] = Field(default_factory=dict)
    engagement: dict[str, RuleTable] = Field(default_factory=dict)
    access: dict[str, RuleTable] = Field(default_factory=dict)
    roles: list[GroupRole] = Field(default_factory=list)
    repairs: list[RepairTable] = Field(default_factory=list)

    def tables(self) -> Iterator[tuple[str, str, RuleTable]]:
        """Subject, name of the attribute, and its rule."""
        for subject in SUBJECTS:
            for name, table in getattr(self, subject).items():
                yield subject, name, table


@dataclass(frozen=True)
class Ownership:
    """Who owns what, as configured."""

    tables: Mapping[tuple[str, str], RuleTable] = field(default_factory=dict)
    roles: Sequence[GroupRole] = ()
    repairs: Mapping[str, RepairTable] = field(default_factory=dict)

    @property
    def granting(self) -> frozenset[str]:
        """Directories whose groups give roles: they are read whole each time."""
        return frozenset(each.connection for each in self.roles if each.grants and each.connection)

    def rule(self, attribute: Attribute, legal_entity: str | None = None) -> Rule:
        """The rule of an attribute; for a worker, that of their legal entity.

        :param legal_entity: its code in the ERP.
        """
        table = self.tables.get((attribute.subject, attribute.name))
        if table is None:
            return Rule((attribute.owner,))
        for special in table.legal_entities:
            if legal_entity in special.codes:
                return Rule(tuple(special.owners), special.survivorship)
        return Rule(tuple(table.owners), table.survivorship)


TheOwnership = Annotated[Ownership, provided("ownership")]


def read_ownership(path: Path | None) -> Ownership:
    """The ownership file; without one, everything is as usual.

    :raises ConfigurationError: names the file, each key that is wrong, and why.
    """
    if path is None:
        return Ownership()
    without = "each attribute has its usual owner"
    document = read_file(path, OwnershipFile, "ownership file", _VARIABLE, without)
    faults = [fault for each in document.tables() for fault in _faults(*each)]
    faults += _faults_of_repairs(document.repairs)
    faults += _faults_of_roles(document.roles)
    if faults:
        raise wrong(path, faults)
    tables = {(subject, name): table for subject, name, table in document.tables()}
    repairs = {each.connection: each for each in document.repairs}
    return Ownership(tables, document.roles, repairs)


def _faults(subject: str, name: str, table: RuleTable) -> Iterator[FieldError]:
    place = f"{subject}.{name}"
    attribute = ATTRIBUTES.get((subject, name))
    if attribute is None:
        known = ", ".join(each for of, each in ATTRIBUTES if of == subject)
        yield FieldError(field=place, message=f"is no attribute that Timepost keeps: {known}")
        return
    yield from _of_owners(f"{place}.owners", table.owners, attribute)
    if table.legal_entities and not attribute.by_legal_entity:
        message = f"a {subject} belongs to no one legal entity"
        yield FieldError(field=f"{place}.legal_entities", message=message)
    seen: set[str] = set()
    for number, special in enumerate(table.legal_entities):
        inside = f"{place}.legal_entities[{number}]"
        yield from _of_owners(f"{inside}.owners", special.owners, attribute)
        for code in sorted(seen & set(special.codes)):
            yield FieldError(field=f"{inside}.codes", message=f"{code!r} has two rules")
        seen |= set(special.codes)


def _faults_of_repairs(repairs: Sequence[RepairTable]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for number, each in enumerate(repairs):
        if each.connection in seen:
            message = f"{each.connection!r} is there twice"
            yield FieldError(field=f"repairs[{number}].connection", message=message)
        seen.add(each.connection)
        for place, name in enumerate(each.attributes or ()):
            if name not in REPAIRED:
                message = f"is not repaired; these are: {', '.join(sorted(REPAIRED))}"
                yield FieldError(field=f"repairs[{number}].attributes[{place}]", message=message)


def _faults_of_roles(roles: Sequence[GroupRole]) -> Iterator[FieldError]:
    for number, each in enumerate(roles):
        if each.grants and each.connection is None:
            message = "is needed where a group grants a role: not any directory may"
            yield FieldError(field=f"roles[{number}].connection", message=message)


def _of_owners(place: str, owners: Sequence[str], attribute: Attribute) -> Iterator[FieldError]:
    if not owners and attribute.compared:
        yield FieldError(field=place, message="names nobody")
    if len(owners) != len(set(owners)):
        yield FieldError(field=place, message="names an owner twice")
    for number, owner in enumerate(owners):
        if not owner.startswith(OF_CONNECTION) and owner not in attribute.systems:
            keepers = " and ".join(attribute.systems)
            yield FieldError(field=f"{place}[{number}]", message=f"only {keepers} keep it")
