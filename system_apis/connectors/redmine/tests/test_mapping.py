"""An entry as Redmine gives it, and what becomes of it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from system_apis.capabilities.time_tracking.schemas import EntryStatus, Reference, TimeEntry
from system_apis.connectors.redmine.mapping import Unmappable, to_time_entry
from system_apis.connectors.redmine.platform_models import Entry, User
from system_apis.connectors.redmine.settings import RedmineSettings

RECORDED: dict[str, Any] = {
    "id": 17,
    "project": {"id": 3, "name": "HR-1042 Ledger migration"},
    "issue": {"id": 5},
    "user": {"id": 8, "name": "Ada Lindqvist"},
    "activity": {"id": 9, "name": "Build"},
    "hours": 1.5,
    "comments": "Cutover rehearsal",
    "spent_on": "2026-11-20",
    "created_on": "2026-11-20T09:00:00Z",
    "updated_on": "2026-11-20T10:00:00Z",
    "custom_fields": [{"id": 1, "name": "Approval state", "value": "approved"}],
}
ADA = User(id=8, firstname="Ada", lastname="Lindqvist", mail="ada@haldenridge.example")
OPTIONS = {
    "base_url": "https://redmine.example.com",
    "api_key": "key",
    "approval": {"id": 1},
    "default_timezone": "Europe/Berlin",
    "non_billable_activities": ["Travel"],
}


def read(changes: dict[str, Any] | None = None, **options: Any) -> TimeEntry:
    settings = RedmineSettings.model_validate(OPTIONS | options)
    return to_time_entry(Entry.model_validate(RECORDED | (changes or {})), ADA, settings)


def state(value: Any) -> dict[str, Any]:
    return {"custom_fields": [{"id": 1, "name": "Approval state", "value": value}]}


def test_a_recorded_entry_is_understood() -> None:
    entry = read()

    assert entry.external_id == "17"
    assert entry.worker == Reference(
        external_id="8", name="Ada Lindqvist", email="ada@haldenridge.example"
    )
    assert entry.project == Reference(
        external_id="3", code="HR-1042", name="HR-1042 Ledger migration"
    )
    assert entry.task == Reference(external_id="3/9", name="Build")
    assert (entry.minutes, entry.work_date) == (90, date(2026, 11, 20))
    assert (entry.billable, entry.running, entry.invoiced) == (True, False, False)
    assert (entry.started_at, entry.timezone) == (None, "Europe/Berlin")
    assert entry.narrative == "Cutover rehearsal"
    assert entry.approval is not None
    assert entry.approval.status is EntryStatus.APPROVED
    assert entry.modified_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "minutes"), [(1.33, 80), (0.67, 40), (0.33, 20), (0.02, 1), (0.0, 0), (7.75, 465)]
)
def test_hours_become_the_minutes_that_were_meant(hours: float, minutes: int) -> None:
    assert read({"hours": hours}).minutes == minutes


@pytest.mark.parametrize(
    ("value", "status", "posted"),
    [
        ("open", EntryStatus.OPEN, False),
        ("", EntryStatus.OPEN, False),
        (None, EntryStatus.OPEN, False),
        ("submitted", EntryStatus.SUBMITTED, False),
        ("approved", EntryStatus.APPROVED, False),
        ("rejected", EntryStatus.REJECTED, False),
        ("posted", EntryStatus.APPROVED, True),
        ("Approved", EntryStatus.OPEN, False),
        (["approved", "rejected"], EntryStatus.OPEN, False),
    ],
)
def test_the_field_is_the_approval_and_what_is_unknown_is_open(
    value: Any, status: EntryStatus, posted: bool
) -> None:
    entry = read(state(value))

    assert entry.approval is not None
    assert (entry.approval.status, entry.invoiced) == (status, posted)


def test_without_the_field_an_entry_is_open_and_without_the_option_nothing_is_told() -> None:
    other = read({"custom_fields": []}).approval

    assert other is not None
    assert other.status is EntryStatus.OPEN
    assert read(approval=None).approval is None


def test_a_firms_own_words() -> None:
    words = {"id": 1, "approved": "freigegeben", "posted": None}

    approved = read(state("freigegeben"), approval=words).approval
    posted = read(state("posted"), approval=words)

    assert approved is not None
    assert approved.status is EntryStatus.APPROVED
    assert posted.approval is not None
    assert (posted.approval.status, posted.invoiced) == (EntryStatus.OPEN, False)


def test_tasks_are_what_the_settings_say() -> None:
    assert read(task_from="issue").task == Reference(external_id="5", code="#5")
    assert read(task_from="none").task is None
    assert [read(task_from=each).activity for each in ("activity", "issue")] == [None, "Build"]
    assert read({"issue": None}, task_from="issue").task is None


def test_a_project_without_a_code_keeps_its_name() -> None:
    project = read({"project": {"id": 4, "name": "Practice development"}}).project

    assert project == Reference(external_id="4", name="Practice development")


def test_activities_can_be_not_billable() -> None:
    assert read({"activity": {"id": 2, "name": "Travel"}}).billable is False


def test_what_has_no_place_is_told_without_its_text() -> None:
    with pytest.raises(Unmappable, match="narrative") as refusal:
        read({"comments": "merger " * 500})
    assert "merger" not in str(refusal.value)
