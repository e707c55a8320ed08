"""Cases as the process tier sends them."""

from typing import Any

CASE_ID = "6f1c2a34-0f5e-4c62-9a3b-7b1f8e1d2c3a"
OTHER_CASE_ID = "11111111-2222-4333-8444-555555555555"


def a_case(**changes: Any) -> dict[str, Any]:
    """50 minutes on a closed project, waiting for it to be opened again."""
    case = {
        "id": CASE_ID,
        "code": "MD_PROJECT_CLOSED",
        "severity": "S2",
        "owner": "project.manager",
        "state": "WAITING",
        "sentence": "Project P-1042 is closed on 12 November 2026.",
        "action": "Reopen the project in the ERP, or move the entry.",
        "assignee": None,
        "connection": "clockify-uk",
        "entry_external_id": "64f0",
        "time_entry_id": "0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4a01",
        "posting_id": "0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4a02",
        "worker": "Ada Byron",
        "project": "Harbour refit",
        "task": "Survey",
        "work_date": "2026-11-12",
        "minutes": 50,
        "affected": None,
        "escalated_at": None,
        "waiting_for": ["project:erp-uk:42"],
        "fingerprint": "MD_PROJECT_CLOSED project:erp-uk:42",
        "opened_at": "2026-11-13T08:00:00Z",
        "updated_at": "2026-11-13T08:00:00Z",
        "resolved_at": None,
        "resolution": None,
        "waiver": None,
        "version": 3,
    }
    return {**case, **changes}


def a_comment(*, author: str, text: str) -> dict[str, Any]:
    return {
        "id": "9c1d3a52-3b1e-4a0d-8f64-5f0a3d8b1c77",
        "author": author,
        "text": text,
        "at": "2026-11-13T09:00:00Z",
    }


def a_confirmation(said: dict[str, Any], *, confirmed_by: str) -> dict[str, Any]:
    return {
        "id": "5b0c8b52-7d0e-4e4f-9d42-1f1f6b8f0a11",
        "line": None,
        **said,
        "confirmed_by": confirmed_by,
        "at": "2026-11-13T09:30:00Z",
    }


def a_detail(case: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The case with three sides: nothing stands in the ERP yet."""
    detail = {
        "case": case,
        "status": "EXCEPTION",
        "source": {"fields": {"worker": "ada@example.com", "minutes": 50, "tag": "onsite"}},
        "canonical": {"fields": {"worker": "Ada Byron", "minutes": 50, "project": "P-1042"}},
        "would_post": {"fields": {"worker": "Ada Byron", "minutes": "50", "project": None}},
        "erp": None,
        "erp_error": None,
        "also": ["MD_NOT_ASSIGNED"],
        "lineage": [
            {
                "at": "2026-11-13T08:00:00Z",
                "what": "blocked",
                "actor": "timepost",
                "detail": {"codes": ["MD_PROJECT_CLOSED", "MD_NOT_ASSIGNED"], "reply": {"raw": 1}},
                "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            },
            {
                "at": "2026-11-13T07:59:00Z",
                "what": "version appended",
                "actor": "tracker:clockify-uk",
                "detail": {"version": 1, "approved": True},
                "trace_id": None,
            },
        ],
        "comments": [],
        "confirmations": [],
        "choices": [
            {
                "choice": "offset",
                "label": "Offset on the next invoice",
                "roles": ["billing.analyst", "finance.analyst", "finance.controller"],
                "needs": None,
            },
            {
                "choice": "change_closed",
                "label": "Change the line in its closed period",
                "roles": ["finance.controller"],
                "needs": None,
            },
        ],
    }
    return {**detail, **changes}
