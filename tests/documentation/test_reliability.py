"""The page on reliability names what there is: faults, steps to die at, and tests."""

import re

from shared.stop_points import StopPoint
from tests.documentation.pages import ROOT, table_rows, text_of, tracked_files
from tests.journeys.fault_proxy import Fault

PAGE = "docs/reliability.md"


def test_every_test_that_it_names_exists() -> None:
    defined = {
        name
        for path in tracked_files()
        if path.name.startswith("test_") and path.suffix == ".py"
        for name in re.findall(r"^(?:async )?def (test_\w+)", (ROOT / path).read_text(), re.M)
    }
    named = set(re.findall(r"\btest_\w+", text_of(PAGE)))
    assert named - defined == set()


def test_every_fault_is_shown_by_a_test() -> None:
    rows = table_rows(text_of(PAGE), "Faults")
    assert all("`test_" in row[-1] for row in rows)
    told = {word for row in rows for word in re.findall(r"\b[A-Z_]{4,}\b", row[0])}
    assert {each.name for each in Fault} <= told


def test_every_step_to_die_at_is_told_and_no_other() -> None:
    rows = table_rows(text_of(PAGE), "Steps to die at")
    assert {row[0].strip("`") for row in rows} == set(StopPoint)
