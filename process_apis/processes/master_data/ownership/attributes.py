"""The attributes that have an owner: which kinds of systems keep them, and what is usual. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from process_apis.processes.master_data.rules import normalised

System = Literal["erp", "hcm", "crm", "directory"]
Subject = Literal["worker", "client", "project", "engagement", "access"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)


@dataclass(frozen=True)
class Attribute:
    """One attribute of one kind of subject.

    :param systems: that keep it.
    :param owner: who owns it unless the file says something else.
    :param compared: several systems keep it, and their records are matched; the owner of any
        other is written down, and shown, but there is no copy that could differ.
    :param by_legal_entity: what it belongs to belongs to one legal entity.
    :param silence_tells: a copy without it is not as its owner has it; elsewhere the system may
        have no place for it.
    """

    subject: Subject
    name: str
    systems: tuple[System, ...]
    owner: System
    meaning: str
    compared: bool = False
    by_legal_entity: bool = False
    silence_tells: bool = False

    def same(self, some: str | None, other: str | None) -> bool:
        """Whether two values say the same; case does not matter where machines read it."""
        if self.name in _READ_BY_MACHINES:
            return normalised(some) == normalised(other)
        return some == other

    def fault(self, value: str) -> str | None:
        """Why a person's value is none of this attribute."""
        if self.name in _DATES:
            try:
                date.fromisoformat(value)
            except ValueError:
                return "is no date such as 2026-06-30"
        if self.name == "email" and not _ADDRESS.fullmatch(value):
            return "is no address"
        return None

    def differs(self, copy: str | None, value: str) -> bool:
        """Whether a copy is not as the value that counts."""
        if copy is None and not self.silence_tells:
            return False
        return not self.same(copy, value)


_DATES = frozenset({"hire_date", "termination_date"})
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_READ_BY_MACHINES = frozenset({"email", "legal_entity", "cost_centre"})


def _of_workers(
    name: str, systems: tuple[System, ...], meaning: str, *, silence_tells: bool = False
) -> Attribute:
    compared = len(systems) > 1
    return Attribute("worker", name, systems, "hcm", meaning, compared, True, silence_tells)


_ALL = (
    _of_workers("name", ("erp", "hcm", "directory"), "Name."),
    _of_workers("email", ("erp", "hcm", "directory"), "Address at work.", silence_tells=True),
    _of_workers("hire_date", ("erp", "hcm"), "First day.", silence_tells=True),
    _of_workers("termination_date", ("erp", "hcm"), "Last day, inclusive.", silence_tells=True),
    _of_workers("legal_entity", ("erp", "hcm"), "Whose worker: in the HCM, today's assignment."),
    _of_workers("cost_centre", ("hcm", "directory"), "In the HCM, of today's assignment."),
    _of_workers("assignments", ("hcm",), "Where they stand on which days, for validation."),
    Attribute("client", "name", ("erp", "crm"), "erp", "Legal name.", compared=True),
    Attribute("client", "hierarchy", ("crm",), "crm", "Which account is a part of which."),
    Attribute("client", "account_owner", ("crm",), "crm", "Who looks after it."),
    Attribute("project", "code", ("erp",), "erp", "Code."),
    Attribute("project", "status", ("erp",), "erp", "Whether it is open."),
    Attribute("project", "dates", ("erp",), "erp", "First and last day."),
    Attribute("engagement", "value", ("crm",), "crm", "What it is worth, with its currency."),
    Attribute("engagement", "dates", ("crm",), "crm", "First and last day."),
    Attribute("engagement", "po_number", ("crm",), "crm", "Number of the purchase order."),
    Attribute("access", "groups", ("directory",), "directory", "Who is in which group."),
)

# A copy of any other is no mere value: another legal entity is another employment.
REPAIRED = frozenset(
    f"{each.subject}.{each.name}" for each in _ALL if each.compared and each.name != "legal_entity"
)

ATTRIBUTES: Mapping[tuple[str, str], Attribute] = {(each.subject, each.name): each for each in _ALL}


def compared_of(subject: str) -> tuple[Attribute, ...]:
    """Attributes of a subject in which systems may differ."""
    return tuple(each for each in _ALL if each.subject == subject and each.compared)
