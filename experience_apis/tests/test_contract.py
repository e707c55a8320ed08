"""The committed contract is the code's, valid, and keeps the house's rules."""

from pathlib import Path

from experience_apis.contracts import documents
from shared.contracts import check, lint, validate

_OPENAPI = Path(__file__).parents[2] / "openapi"


def test_what_is_committed_is_what_is_served() -> None:
    assert check(_OPENAPI, documents()) == []


def test_the_contract_is_valid_and_keeps_the_rules() -> None:
    for name, document in documents().items():
        assert (name, validate(document), lint(document)) == (name, [], [])


def test_a_change_demands_the_version_that_was_read() -> None:
    document = documents()["experience/exception_workbench.v1.json"]
    paths = document["paths"]
    demanded = paths["/workbench/v1/cases/{case_id}/assignee"]["put"]["parameters"]
    assert {each["name"]: each["required"] for each in demanded}["If-Match"] is True
    given = paths["/workbench/v1/cases/{case_id}"]["get"]["responses"]["200"]["headers"]
    assert "ETag" in given
