"""What a dry run is recognised by changes with everything that would be sent, and only with it."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.states import PostingState
from process_apis.processes.replay import rules
from process_apis.upstream.erp import PostingRequest

REQUEST = PostingRequest(
    posting_key="k",
    legal_entity_id="1",
    worker_id="11",
    project_id="31",
    task_id=None,
    work_date=date(2026, 6, 2),
    accounting_date=date(2026, 6, 2),
    minutes=480,
    billable=True,
    narrative="about the client",
)
POSTING = UUID(int=7)


def digest(**changes: Any) -> str:
    facts: dict[str, Any] = {
        "posting_id": POSTING,
        "key": "k",
        "target": "erp",
        "state": PostingState.READY,
        "findings": (),
        "request": REQUEST,
    }
    return rules.digest(**{**facts, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"posting_id": UUID(int=8)},
        {"key": "l"},
        {"target": "other"},
        {"state": PostingState.BLOCKED},
        {"findings": (Finding("TM_LIMIT"),)},
        {"request": None},
        *(
            {"request": REQUEST.model_copy(update={name: value})}
            for name, value in {
                "worker_id": "12",
                "project_id": "32",
                "task_id": "41",
                "legal_entity_id": "2",
                "work_date": date(2026, 6, 3),
                "accounting_date": date(2026, 7, 1),
                "minutes": 479,
                "billable": False,
                "narrative": "about another client",
            }.items()
        ),
    ],
)
def test_whatever_would_be_sent_differently_is_another_digest(changes: dict[str, Any]) -> None:
    assert digest(**changes) != digest()


def test_words_of_a_finding_may_change_and_its_code_may_not() -> None:
    before = Finding("EX_REJECTED", detail={"said": "no"})
    after = replace(before, detail={"said": "no!"})
    assert digest(findings=(before,)) == digest(findings=(after,))


def test_the_hash_is_of_all_lines_in_their_order() -> None:
    first, second = digest(), digest(key="l")
    assert rules.hash_of([first, second]) == rules.hash_of([first, second])
    assert len({rules.hash_of(each) for each in ([first, second], [second, first], [first])}) == 3
