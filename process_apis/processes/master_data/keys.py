"""Dependency keys: what a parked posting waits for, and what news of a record wakes. Pure."""

from collections.abc import Mapping
from typing import Any

from process_apis.processes.master_data.rules import normalised
from process_apis.processes.master_data.tables import MasterKind

# Of any connection: there is not one yet that could be named.
ANY_CONNECTION = "unbound:connection"

_NATURAL_KEYS = {
    MasterKind.WORKER: ("email_key", "number_key"),
    MasterKind.PROJECT: ("code_key", "name_key"),
}


def dependency_key(kind: str, connection: str, external_id: str) -> str:
    """What waits for a change of one record."""
    return f"{kind}:{connection}:{external_id}"


def named_key(kind: str, connection: str, name: str, within: str | None = None) -> str:
    """What waits for a record that nobody knows yet: any of that kind which people call so.

    :param name: code, name or address.
    :param within: the ERP's id of the project, for a task.
    """
    place = f"{within}/" if within is not None else ""
    return f"named-{kind}:{connection}:{place}{normalised(name)}"


def periods_key(connection: str, legal_entity: str) -> str:
    """What waits for any period of a company."""
    return f"periods:{connection}:{legal_entity}"


def keys_of(kind: MasterKind, owner: str, external_id: str, *facts: Mapping[str, Any]) -> set[str]:
    """All that news of a record concerns, by what it was called before and is called now."""
    keys = {dependency_key(kind, owner, external_id)}
    for each in facts:
        keys |= _named(kind, owner, each)
    return keys


def _named(kind: MasterKind, owner: str, facts: Mapping[str, Any]) -> set[str]:
    if kind is MasterKind.PERIOD:
        return {periods_key(owner, facts["legal_entity_external_id"])}
    if kind is MasterKind.ASSIGNMENT:
        employee = facts["worker_external_id"]
        return {dependency_key(MasterKind.EMPLOYEE, owner, employee)}
    if kind is MasterKind.TASK:
        names = (facts["code"], facts["name"])
        within = facts["project_external_id"]
        return {named_key(kind, owner, name, within) for name in names if normalised(name)}
    names = tuple(facts[name] for name in _NATURAL_KEYS.get(kind, ()))
    return {named_key(kind, owner, name) for name in names if name}
