"""The kinds of master records. Hours are posted to those that ERPs list."""

from typing import Any

from process_apis.processes.master_data.record_kind import RecordKind
from process_apis.processes.master_data.rules import normalised
from process_apis.processes.master_data.source_records import SOURCE_KINDS
from process_apis.processes.master_data.tables import (
    AccountingPeriod,
    Client,
    LegalEntity,
    MasterKind,
    Project,
    Task,
    Worker,
)
from process_apis.upstream import erp
from process_apis.upstream.connections import Capability


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


_ERP: Capability = "erp"

# In this order: what others refer to comes first.
ERP_KINDS: tuple[RecordKind, ...] = (
    RecordKind(
        MasterKind.LEGAL_ENTITY,
        _ERP,
        "legal-entities",
        erp.LegalEntity,
        LegalEntity,
        _legal_entity,
    ),
    RecordKind(MasterKind.WORKER, _ERP, "workers", erp.Worker, Worker, _worker),
    RecordKind(MasterKind.CLIENT, _ERP, "clients", erp.Client, Client, _client),
    RecordKind(MasterKind.PROJECT, _ERP, "projects", erp.Project, Project, _project),
    RecordKind(MasterKind.TASK, _ERP, "tasks", erp.Task, Task, _task),
    RecordKind(MasterKind.PERIOD, _ERP, "periods", erp.AccountingPeriod, AccountingPeriod, _period),
)
RECORD_KINDS = (*ERP_KINDS, *SOURCE_KINDS)


def kinds_of(capability: Capability) -> list[RecordKind]:
    """The kinds that connections of a capability list, in the order in which they are read."""
    return [each for each in RECORD_KINDS if each.capability == capability]


def kind_of(kind: MasterKind) -> RecordKind:
    """Description of one kind."""
    return next(each for each in RECORD_KINDS if each.kind is kind)
