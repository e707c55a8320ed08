"""A line as Nameless gives it, and what becomes of it."""

from datetime import date
from typing import Any

from system_apis.capabilities.erp.schemas import PostingRequest
from system_apis.connector_templates.erp.mapping import to_line, to_posted_line
from system_apis.connector_templates.erp.platform_models import Line

# As the API answers a read of the line that POSTING became, with names made up.
RECORDED: dict[str, Any] = {}

POSTING = PostingRequest(
    posting_key="a" * 64,
    legal_entity_id="1",
    worker_id="2",
    project_id="3",
    work_date=date(2026, 11, 20),
    accounting_date=date(2026, 11, 20),
    minutes=90,
    billable=True,
    narrative="made-up words",
)


def test_a_recorded_line_is_read_back_as_it_was_posted() -> None:
    assert RECORDED, "Put an answer of the API into RECORDED."

    line = to_posted_line(Line.model_validate(RECORDED))

    assert line.posting_key == POSTING.posting_key
    assert (line.worker_id, line.project_id) == (POSTING.worker_id, POSTING.project_id)
    assert (line.work_date, line.minutes) == (POSTING.work_date, POSTING.minutes)


def test_a_new_line_carries_the_posting_key() -> None:
    assert POSTING.posting_key in str(to_line(POSTING))
