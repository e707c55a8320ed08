"""Records become entries: times, zones, tags."""

from datetime import UTC, date, datetime

import pytest

from system_apis.capabilities.time_tracking.schemas import Reference, TimeEntry
from system_apis.connectors.timetagger.mapping import (
    Reading,
    Unmappable,
    carries_tag,
    tags_of,
    to_time_entry,
    with_tag,
    without_tag,
)
from system_apis.connectors.timetagger.platform_models import Record
from system_apis.connectors.timetagger.settings import Person, TagRule
from system_apis.connectors.timetagger.tests.conftest import TAGS

KIRRA = Person.model_validate(
    {
        "email": "Kirra@haldenridge.example",
        "name": "Kirra Donnelly",
        "timezone": "Australia/Sydney",
        "api_token": "token",
    }
)
READING = Reading([TagRule.model_validate(each) for each in TAGS], True, "posted")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def read(
    text: str, *, t1: str = "2026-11-20T09:00:00Z", t2: str = "2026-11-20T10:30:00Z"
) -> TimeEntry:
    record = Record(key="k1", mt=5, st=1_763_629_200.5, t1=at(t1), t2=at(t2), ds=text)
    return to_time_entry(record, KIRRA, READING)


def test_a_record_of_a_known_tag() -> None:
    entry = read("Cutover rehearsal #ledger-build #remote")

    assert entry.external_id == "kirra@haldenridge.example:k1"
    assert entry.worker == Reference(
        external_id="kirra@haldenridge.example",
        name="Kirra Donnelly",
        email="Kirra@haldenridge.example",
    )
    assert entry.project == Reference(external_id="HR-1042", code="HR-1042")
    assert entry.task == Reference(external_id="HR-1042/Build", name="Build")
    assert (entry.minutes, entry.billable, entry.running) == (90, True, False)
    assert entry.narrative == "Cutover rehearsal #ledger-build #remote"
    assert entry.tags == ["ledger-build", "remote"]
    assert entry.approval is None
    assert entry.modified_at == datetime.fromtimestamp(1_763_629_200.5, UTC)


def test_the_work_date_is_the_persons() -> None:
    early = read("x", t1="2026-06-30T22:00:00Z", t2="2026-06-30T23:00:00Z")

    assert early.work_date == date(2026, 7, 1)
    assert early.timezone == "Australia/Sydney"


@pytest.mark.parametrize(
    ("t2", "minutes"), [("09:00:29", 0), ("09:00:30", 1), ("10:29:30", 90), ("10:29:29", 89)]
)
def test_seconds_are_rounded_half_up(t2: str, minutes: int) -> None:
    assert read("x", t2=f"2026-11-20T{t2}Z").minutes == minutes


def test_a_record_that_ends_when_it_starts_is_running() -> None:
    entry = read("x", t2="2026-11-20T09:00:00Z")

    assert (entry.running, entry.minutes, entry.ended_at) == (True, 0, None)


def test_a_record_that_ends_before_it_starts_is_told_without_its_text() -> None:
    with pytest.raises(Unmappable, match="ends before it starts"):
        read("confidential", t2="2026-11-20T08:59:59Z")


@pytest.mark.parametrize(
    ("text", "project", "task"),
    [
        ("#hr-1077", "HR-1077", None),
        ("#HR-1077/Design", "HR-1077", "HR-1077/design"),
        ("#remote #hr-1077", "HR-1077", None),
        ("#ledger-build #hr-1042", "HR-1042", "HR-1042/Build"),
        ("no tags", None, None),
        ("#remote", None, None),
        ("#unheard", "#unheard", None),
        ("#b #a and #remote", "#a #b", None),
        ("#unheard #hr-1077", "HR-1077", None),
        ("#hr-1077 #ledger-build", "#hr-1077 #ledger-build", None),
        ("#ledger-build #hr-1042/test", "HR-1042", "HR-1042/#hr-1042/test #ledger-build"),
    ],
)
def test_tags_name_project_and_task(text: str, project: str | None, task: str | None) -> None:
    entry = read(text)

    assert (entry.project and entry.project.external_id) == project
    assert (entry.task and entry.task.external_id) == task


def test_raw_tags_are_names_and_no_codes() -> None:
    """So that nothing is matched by accident, and a person sees what was written."""
    assert read("#unheard").project == Reference(external_id="#unheard", name="#unheard")


def test_one_tag_that_is_not_billable_is_enough() -> None:
    assert read("#internal").billable is False
    assert read("#unheard").billable is True


def test_very_long_tags_still_have_an_id() -> None:
    entry = read(f"#{'a' * 250}")

    assert entry.project is not None
    assert len(entry.project.external_id) == 200


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#A and #a", ["a"]),
        ("#glued#together", ["glued", "together"]),
        ("#büro, #a_b/c-d.", ["büro", "a_b/c-d"]),
        ("# alone and a#b", ["b"]),
        ("", []),
    ],
)
def test_tags_are_found_as_timetagger_finds_them(text: str, tags: list[str]) -> None:
    assert tags_of(text) == tags


def test_the_feedback_tag_is_not_the_persons() -> None:
    """Otherwise telling that hours are posted would be a change of posted hours."""
    plain, marked = read("Cutover #hr-1042"), read(with_tag("Cutover #hr-1042", "posted"))

    assert marked.invoiced
    assert not plain.invoiced
    assert marked.model_copy(update={"invoiced": False}) == plain


@pytest.mark.parametrize("text", ["Cutover", "Cutover #a", "", "#a"])
def test_a_tag_that_was_appended_comes_off_again(text: str) -> None:
    marked = with_tag(text, "Posted")

    assert carries_tag(marked, "posted")
    assert without_tag(marked, "posted") == text
    assert without_tag(text, None) == text
