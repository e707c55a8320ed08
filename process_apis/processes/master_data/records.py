"""The six kinds of master records: contract model, table, and how one becomes the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from process_apis.processes.master_data.rules import normalised
from process_apis.processes.master_data.tables import (
    AccountingPeriod,
    Client,
    LegalEntity,
    MasterKind,
    MasterRecord,
    Project,
    Task,
    Worker,
)
from process_apis.upstream import erp


@dataclass(frozen=True)
class RecordKind:
    """One kind of master record.

    :param domain: its path in the `erp` contract.
    """

    kind: MasterKind
    domain: str
    model: type[Any]
    table: type[MasterRecord]
    columns: Callable[[Any], dict[str, Any]]


def _legal_entity(row: erp.LegalEntity) -> dict[str, Any]:
    return row.model_dump(include={"name", "code", "currency", "timezone"})


def _worker(row: erp.Worker) -> dict[str, Any]:
    known = {"name", "employee_number", "email", "hire_date", "termination_date"}
    return {
        **row.model_dump(include=known),
        "legal_entity_external_id": row.legal_entity_id,
        "number_key": normalised(row.employee_number),
        "email_key": normalised(row.email),
    }


def _client(row: erp.Client) -> dict[str, Any]:
    return row.model_dump(include={"name", "code"})


def _project(row: erp.Project) -> dict[str, Any]:
    known = {"name", "code", "status", "bookable", "start_date", "end_date"}
    return {
        **row.model_dump(include=known),
        "legal_entity_external_id": row.legal_entity_id,
        "client_external_id": row.client_id,
        "code_key": normalised(row.code),
        "name_key": normalised(row.name),
    }


def _task(row: erp.Task) -> dict[str, Any]:
    known = {"name", "code", "status", "bookable", "start_date", "end_date"}
    return {**row.model_dump(include=known), "project_external_id": row.project_id}


def _period(row: erp.AccountingPeriod) -> dict[str, Any]:
    known = {"name", "start_date", "end_date", "status"}
    return {**row.model_dump(include=known), "legal_entity_external_id": row.legal_entity_id}


# In this order: what others refer to comes first.
RECORD_KINDS: tuple[RecordKind, ...] = (
    RecordKind(
        MasterKind.LEGAL_ENTITY, "legal-entities", erp.LegalEntity, LegalEntity, _legal_entity
    ),
    RecordKind(MasterKind.WORKER, "workers", erp.Worker, Worker, _worker),
    RecordKind(MasterKind.CLIENT, "clients", erp.Client, Client, _client),
    RecordKind(MasterKind.PROJECT, "projects", erp.Project, Project, _project),
    RecordKind(MasterKind.TASK, "tasks", erp.Task, Task, _task),
    RecordKind(MasterKind.PERIOD, "periods", erp.AccountingPeriod, AccountingPeriod, _period),
)


def kind_of(kind: MasterKind) -> RecordKind:
    """Description of one kind."""
    return next(each for each in RECORD_KINDS if each.kind is kind)
