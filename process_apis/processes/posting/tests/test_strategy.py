"""How what stands is taken back, by what the ERP can do and what holds the line."""

from dataclasses import replace
from datetime import date

import pytest

from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.strategy import Situation, Strategy, choose
from process_apis.upstream.erp import PostedLine, ReversalMode

NEGATIVE, DELETE, UPDATE, CREDIT, NONE = (
    ReversalMode.NEGATIVE_LINE,
    ReversalMode.DELETE_UNINVOICED,
    ReversalMode.UPDATE_IN_PLACE,
    ReversalMode.CREDIT,
    ReversalMode.NONE,
)
LINE = PostedLine(
    external_id="7",
    legal_entity_id="1",
    worker_id="11",
    project_id="31",
    work_date=date(2026, 6, 2),
    minutes=480,
)
FREE = Situation(modes=[NEGATIVE, DELETE, UPDATE], line=LINE, period_open=True, periods_key="p")


def _code(chosen: Strategy | Finding) -> str:
    return chosen.code if isinstance(chosen, Finding) else chosen.value


@pytest.mark.parametrize(
    ("modes", "period_open", "chosen"),
    [
        ([NEGATIVE, DELETE, UPDATE], True, "negative_line"),
        ([NEGATIVE, DELETE], False, "negative_line"),
        ([DELETE, UPDATE], True, "delete"),
        ([UPDATE, CREDIT], True, "update"),
        ([DELETE], False, "CO_PERIOD_CLOSED"),
        ([UPDATE], False, "CO_PERIOD_CLOSED"),
        ([NONE], True, "CO_BY_HAND"),
        ([CREDIT], True, "CO_BY_HAND"),
        ([], False, "CO_BY_HAND"),
    ],
)
def test_the_way_that_changes_least_is_taken(
    modes: list[ReversalMode], period_open: bool, chosen: str
) -> None:
    found = choose(replace(FREE, modes=modes, period_open=period_open))
    assert _code(found) == chosen
    if isinstance(found, Finding):
        assert bool(found.waiting_for) is (chosen == "CO_PERIOD_CLOSED")
    assert _code(choose(replace(FREE, modes=modes, line=None))) == "done"


@pytest.mark.parametrize("held_by", ["draft", "invoiced"])
def test_what_an_invoice_holds_is_for_finance_to_choose(held_by: str) -> None:
    line = LINE.model_copy(update={"invoiced": held_by})
    for modes in ([NEGATIVE], [DELETE], [UPDATE], [NONE]):
        assert _code(choose(replace(FREE, modes=modes, line=line))) == "CO_AFTER_INVOICE"
    offset = replace(FREE, line=line, may_offset=True)
    assert choose(offset) is Strategy.NEGATIVE_LINE
    assert _code(choose(replace(offset, modes=[DELETE, CREDIT]))) == "CO_AFTER_INVOICE"


def test_a_line_of_a_closed_period_is_changed_only_if_finance_lets_it() -> None:
    closed = replace(FREE, modes=[DELETE], period_open=False, may_change=True)
    assert choose(closed) is Strategy.DELETE
