"""The process tier's own models of the system tier, held against the contracts it committed."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from process_apis.processes.feedback.steps import BATCH as FEEDBACK_BATCH
from process_apis.processes.posting.claiming import BATCH as POSTING_BATCH
from process_apis.processes.posting.doubt import BATCH as LOOK_UP_BATCH
from process_apis.processes.time_entries.steps import APPROVALS_AT_ONCE
from process_apis.processes.time_entries.steps import BATCH as READING_BATCH
from process_apis.upstream import connections, erp, listing, master_events, sources, time_tracking
from process_apis.upstream.system_tier import PAGE
from shared.contracts import assert_reads, assert_sends, read

_OPENAPI = Path(__file__).parents[2] / "openapi"
_CONNECTIONS, _ERP, _TIME, _HCM, _CRM, _DIRECTORY = (
    f"system/{name}.v1.json"
    for name in ("connections", "erp", "time_tracking", "hcm", "crm", "directory")
)


@pytest.mark.parametrize(
    ("model", "contract", "schema"),
    [
        (connections.Connections, _CONNECTIONS, "ConnectionList"),
        (erp.ErpAbilities, _ERP, "ErpAbilities"),
        (erp.PostOutcomes, _ERP, "PostOutcomes"),
        (erp.LookupResult, _ERP, "LookupResult"),
        (erp.ReadResult, _ERP, "ReadResult"),
        (listing.RowPage[erp.LegalEntity], _ERP, "LegalEntityPage"),
        (listing.RowPage[erp.Worker], _ERP, "WorkerPage"),
        (listing.RowPage[erp.Client], _ERP, "ClientPage"),
        (listing.RowPage[erp.Project], _ERP, "ProjectPage"),
        (listing.RowPage[erp.Task], _ERP, "TaskPage"),
        (listing.RowPage[erp.AccountingPeriod], _ERP, "PeriodPage"),
        (listing.MasterAbilities, _HCM, "HcmAbilities"),
        (listing.MasterAbilities, _CRM, "CrmAbilities"),
        (listing.MasterAbilities, _DIRECTORY, "DirectoryAbilities"),
        (listing.MasterPage[sources.Employee], _HCM, "WorkerPage"),
        (listing.MasterPage[sources.OrgUnit], _HCM, "OrgUnitPage"),
        (listing.MasterPage[sources.CostCentre], _HCM, "CostCentrePage"),
        (listing.MasterPage[sources.Assignment], _HCM, "AssignmentPage"),
        (listing.MasterPage[sources.Account], _CRM, "AccountPage"),
        (listing.MasterPage[sources.Engagement], _CRM, "EngagementPage"),
        (listing.MasterPage[sources.User], _DIRECTORY, "UserPage"),
        (listing.MasterPage[sources.Group], _DIRECTORY, "GroupPage"),
        (time_tracking.TimeTrackingAbilities, _TIME, "TimeTrackingAbilities"),
        (time_tracking.EntriesFound, _TIME, "EntriesFound"),
        (time_tracking.EntryChanges, _TIME, "EntryChanges"),
        (time_tracking.EntryListing, _TIME, "EntryListing"),
        (time_tracking.ApprovalsFound, _TIME, "ApprovalsFound"),
        (time_tracking.ApprovalPage, _TIME, "ApprovalPage"),
        (time_tracking.FeedbackResults, _TIME, "FeedbackResults"),
        (time_tracking.ParsedWebhook, _TIME, "ParsedWebhook"),
        (master_events.ParsedMasterWebhook, _HCM, "ParsedMasterWebhook"),
        (master_events.ParsedMasterWebhook, _CRM, "ParsedMasterWebhook"),
    ],
)
def test_every_answer_is_understood(model: type[BaseModel], contract: str, schema: str) -> None:
    assert_reads(model, read(_OPENAPI, contract), schema)


def test_a_posting_is_accepted_as_it_is_sent() -> None:
    assert_sends(erp.PostRequest, read(_OPENAPI, _ERP), "PostRequest")
    assert_sends(erp.LookupItem, read(_OPENAPI, _ERP), "LookupItem")


@pytest.mark.parametrize(
    ("sent", "contract", "schema", "field"),
    [
        (POSTING_BATCH, _ERP, "PostRequest", "items"),
        (LOOK_UP_BATCH, _ERP, "LookupRequest", "items"),
        (READING_BATCH, _TIME, "EntriesRequest", "ids"),
        (APPROVALS_AT_ONCE, _TIME, "ApprovalsRequest", "ids"),
        (FEEDBACK_BATCH, _TIME, "FeedbackRequest", "items"),
    ],
)
def test_no_batch_is_larger_than_is_taken(
    sent: int, contract: str, schema: str, field: str
) -> None:
    schemas = read(_OPENAPI, contract)["components"]["schemas"]
    assert sent <= schemas[schema]["properties"][field]["maxItems"]


@pytest.mark.parametrize(
    ("contract", "path"),
    [
        *((_ERP, domain) for domain in ("workers", "projects", "tasks", "clients", "periods")),
        (_ERP, "legal-entities"),
        (_TIME, "entries/changes"),
        (_TIME, "entries"),
    ],
)
def test_no_page_is_larger_than_is_given(contract: str, path: str) -> None:
    paths: dict[str, Any] = read(_OPENAPI, contract)["paths"]
    (operation,) = [each["get"] for name, each in paths.items() if name.endswith(f"/{path}")]
    (limit,) = [each for each in operation["parameters"] if each["name"] == "limit"]
    assert limit["schema"]["maximum"] >= PAGE
