"""What changed, in words; and the keys that news of it wakes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from process_apis.processes.master_data import changes
from process_apis.processes.master_data.keys import keys_of, named_key
from process_apis.processes.master_data.tables import MasterKind

NOW = datetime(2026, 6, 8, 9, 14, tzinfo=UTC)
PROJECT = {
    "name": "HR-1003 Harbour refit",
    "code": "HR-1003",
    "status": "CLOSED",
    "bookable": True,
    "start_date": None,
    "end_date": date(2026, 5, 31),
    "legal_entity_external_id": "1",
    "client_external_id": "21",
    "code_key": "hr-1003",
    "name_key": "hr-1003 harbour refit",
    "vanished_at": None,
}


def _told(**after: Any) -> str:
    return changes.changed("project", "tryton-main", PROJECT, {**PROJECT, **after}, NOW)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"status": "OPEN"}, "reopened"),
        ({"end_date": date(2026, 8, 31)}, "ends on 2026-08-31 now"),
        ({"end_date": None}, "has no last day any more"),
        ({"bookable": False}, "takes no hours any more"),
        ({"name": "HR-1003 Quay"}, "was renamed from HR-1003 Harbour refit"),
        ({"legal_entity_external_id": "2"}, "has legal entity 2 instead of 1"),
        ({"client_external_id": None}, "has client (none) instead of 21"),
        ({"status": "OPEN", "end_date": None}, "reopened and has no last day any more"),
        ({}, "changed"),
    ],
)
def test_a_change_is_told_as_people_know_the_thing(after: dict[str, Any], said: str) -> None:
    assert _told(**after) == f"project HR-1003 {said} in tryton-main 09:14 UTC"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("CLOSED", "OPEN", "reopened"),
        ("LOCKED", "OPEN", "reopened"),
        ("FUTURE", "OPEN", "opened"),
        ("OPEN", "SOFT_CLOSED", "was closed softly"),
        ("OPEN", "LOCKED", "was locked"),
        ("OPEN", "ARCHIVED", "became archived"),
    ],
)
def test_a_period_is_told_by_its_status(before: str, after: str, said: str) -> None:
    period = {"name": "2026-06", "status": before}
    words = changes.changed("period", "erp", period, {**period, "status": after}, NOW)
    assert words == f"period 2026-06 {said} in erp 09:14 UTC"


def test_what_appears_vanishes_and_comes_back_is_told_so() -> None:
    gone = {**PROJECT, "vanished_at": NOW}
    assert changes.appeared("worker", "erp", {"name": "Ada Obi"}, NOW) == (
        "worker Ada Obi appeared in erp 09:14 UTC"
    )
    assert changes.vanished("project", "erp", PROJECT, NOW).startswith("project HR-1003 vanished")
    assert changes.changed("project", "erp", gone, PROJECT, NOW).startswith(
        "project HR-1003 came back"
    )


def test_news_of_a_record_concerns_its_names_of_before_and_of_now() -> None:
    renamed = {**PROJECT, "code_key": "hr-2000", "code": "HR-2000"}
    assert keys_of(MasterKind.PROJECT, "erp", "31", PROJECT, renamed) == {
        "project:erp:31",
        "named-project:erp:hr-1003",
        "named-project:erp:hr-2000",
        "named-project:erp:hr-1003 harbour refit",
    }


def test_a_task_is_known_by_its_name_within_its_project() -> None:
    task = {"code": None, "name": " Design", "project_external_id": "31"}
    assert named_key("task", "erp", "design", "31") in keys_of(MasterKind.TASK, "erp", "41", task)


def test_news_of_a_period_concerns_its_company_alone() -> None:
    period = {"legal_entity_external_id": "1"}
    assert keys_of(MasterKind.PERIOD, "erp", "p6", period) == {"period:erp:p6", "periods:erp:1"}
