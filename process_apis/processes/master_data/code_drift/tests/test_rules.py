"""What a change of a record does to its code."""

from typing import Any
from uuid import UUID

import pytest

from process_apis.processes.master_data.code_drift.rules import (
    Code,
    Drift,
    Holder,
    between,
    code_of,
    deleted,
    reused,
    takes_code,
)

Json = dict[str, Any]
MINE, OTHER = UUID(int=1), UUID(int=2)
PROJECT: Json = {
    "id": MINE,
    "code": "HR-1",
    "name": "Ledger",
    "legal_entity_external_id": "1",
    "client_external_id": "21",
    "vanished_at": None,
}
TASK: Json = {"id": MINE, "code": None, "name": "Design", "project_external_id": "31"}
WORKER: Json = {
    "id": MINE,
    "employee_number": "E1",
    "name": "Ada",
    "email_key": "ada@example.com",
    "legal_entity_external_id": "1",
}


@pytest.mark.parametrize(
    ("kind", "record", "changes", "found"),
    [
        ("project", PROJECT, {"code": "HR-2"}, [(Drift.RENAMED, "code", "HR-1", "HR-2")]),
        ("project", PROJECT, {"code": "hr-1 "}, []),
        ("project", PROJECT, {"name": "Other"}, []),
        ("project", PROJECT, {"code": None}, []),
        ("project", {**PROJECT, "code": None}, {"code": "HR-1"}, []),
        (
            "project",
            PROJECT,
            {"legal_entity_external_id": "2", "client_external_id": "22"},
            [
                (Drift.REPARENTED, "legal_entity_external_id", "1", "2"),
                (Drift.REPARENTED, "client_external_id", "21", "22"),
            ],
        ),
        ("task", TASK, {"name": "Build"}, [(Drift.RENAMED, "name", "Design", "Build")]),
        ("task", TASK, {"code": "D"}, []),
        ("task", {**TASK, "code": "D"}, {"name": "Build"}, []),
        (
            "worker",
            WORKER,
            {"employee_number": "E2"},
            [(Drift.RENAMED, "employee_number", "E1", "E2")],
        ),
    ],
)
def test_what_a_change_means(
    kind: str, record: Json, changes: Json, found: list[tuple[Drift, str, str, str]]
) -> None:
    drifts = [
        (each.drift, each.attribute, each.before, each.after)
        for each in between(kind, record, record | changes)
    ]
    assert drifts == found


def test_a_deleted_record_is_named_by_its_code_or_its_name() -> None:
    assert deleted("project", PROJECT).before == "HR-1"
    assert deleted("project", {**PROJECT, "code": None}).before == "Ledger"


def test_only_a_code_that_is_new_to_a_record_can_be_used_again() -> None:
    assert takes_code("project", None, PROJECT) == Code("code", "HR-1")
    assert takes_code("project", PROJECT, PROJECT | {"name": "Other"}) is None
    gone = {**PROJECT, "vanished_at": "2026-06-01"}
    assert takes_code("project", gone, PROJECT) == Code("code", "HR-1")
    assert takes_code("project", {**PROJECT, "code": "X"}, PROJECT) == Code("code", "HR-1")
    assert takes_code("project", None, {**PROJECT, "code": " "}) is None


@pytest.mark.parametrize(
    ("kind", "record", "holder", "again"),
    [
        ("project", PROJECT, Holder(OTHER, "hr-1", "1"), True),
        ("project", PROJECT, Holder(MINE, "hr-1", "1"), False),
        ("project", PROJECT, Holder(OTHER, "hr-1", "2"), False),
        ("project", PROJECT, Holder(OTHER, "hr-2", "1"), False),
        ("worker", WORKER, Holder(OTHER, "e1", "1", "ben@example.com"), True),
        ("worker", WORKER, Holder(OTHER, "e1", "1", "ada@example.com"), False),
    ],
)
def test_a_code_is_used_again_if_another_record_of_the_same_place_has_or_had_it(
    kind: str, record: Json, holder: Holder, again: bool
) -> None:
    code = code_of(kind, record)
    assert code is not None
    found = list(reused(kind, record, code, [holder]))
    assert [each.other_id for each in found] == ([OTHER] if again else [])
