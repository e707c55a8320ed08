"""Recorded shapes to the canonical model."""

import re
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from system_apis.capabilities.time_tracking.schemas import (
    ApprovalStatus,
    EntryApproval,
    EntryStatus,
    Reference,
    TimeEntry,
)
from system_apis.connectors.clockify.mapping import (
    Reading,
    References,
    Unmappable,
    counts_as_work,
    to_approval,
    to_entry_approval,
    to_time_entry,
)
from system_apis.connectors.clockify.platform_models import (
    ApprovalItem,
    Entry,
    Named,
    Project,
    User,
)
from system_apis.connectors.clockify.tests import recordings

_READING = Reading(re.compile(r"^(?P<code>[A-Z][A-Z0-9]*-\d+)\b"), "Europe/Berlin")
_USER = User.model_validate(recordings.USER)
_PEOPLE = References(users={_USER.id: _USER})


def _entry(**changes: Any) -> Entry:
    return Entry.model_validate(deepcopy(recordings.HYDRATED_ENTRY) | changes)


def _mapped(entry: Entry, references: References = _PEOPLE) -> TimeEntry:
    return to_time_entry(entry, entry.user_id, references, _READING, None)


def _item(state: str = "APPROVED") -> ApprovalItem:
    raw = deepcopy(recordings.APPROVAL_ITEM)
    raw["approvalRequest"]["status"]["state"] = state
    return ApprovalItem.model_validate(raw)


def test_a_hydrated_entry_brings_its_names() -> None:
    mapped = _mapped(_entry())
    assert mapped == TimeEntry(
        external_id="64c777ddd3fcab07cfbb210c",
        worker=Reference(
            external_id=_USER.id, name="Kirra Donnelly", email="kirra@haldenridge.example"
        ),
        client=Reference(external_id="9t641568b07987035750704", name="Northwater Logistics"),
        project=Reference(
            external_id="25b687e29ae1f428e7ebe123",
            code="HR-1042",
            name="HR-1042 Ledger migration",
        ),
        task=Reference(external_id="54m377ddd3fcab07cfbb432w", name="Build"),
        work_date=date(2026, 7, 1),
        minutes=90,
        started_at=datetime(2026, 6, 30, 22, tzinfo=UTC),
        ended_at=datetime(2026, 6, 30, 23, 30, 29, tzinfo=UTC),
        timezone="Australia/Sydney",
        billable=True,
        narrative=recordings.NARRATIVE,
        tags=["on site"],
    )


def test_a_bare_entry_takes_its_names_from_the_masters() -> None:
    bare = _entry(project=None, task=None, tags=None, user=None)
    references = References(
        users=_PEOPLE.users,
        projects={
            bare.project_id or "": Project(
                id=bare.project_id or "", name="HR-1042 Ledger migration", client_id="c"
            )
        },
        clients={"c": Named(id="c", name="Northwater Logistics")},
        tasks={bare.task_id or "": Named(id=bare.task_id or "", name="Build")},
        tags={bare.tag_ids[0]: Named(id=bare.tag_ids[0], name="on site")},
    )
    mapped, whole = _mapped(bare, references), _mapped(_entry())
    assert mapped.client is not None
    assert mapped.client.name == "Northwater Logistics"
    assert mapped.model_dump(exclude={"client"}) == whole.model_dump(exclude={"client"})


def test_unknown_ids_stay_ids() -> None:
    mapped = _mapped(_entry(project=None, task=None, tags=None), References())
    assert mapped.worker == Reference(external_id=_USER.id)
    assert mapped.project == Reference(external_id="25b687e29ae1f428e7ebe123")
    assert mapped.task == Reference(external_id="54m377ddd3fcab07cfbb432w")
    assert mapped.client is None
    assert (mapped.timezone, mapped.work_date) == ("Europe/Berlin", date(2026, 7, 1))


def test_an_entry_without_project_has_none() -> None:
    mapped = _mapped(_entry(project=None, projectId="", task=None, taskId=None))
    assert (mapped.project, mapped.task, mapped.client) == (None, None, None)


def test_a_project_without_a_code_keeps_its_name() -> None:
    project = {"id": "p", "name": "Internal meetings", "clientId": None}
    assert _mapped(_entry(project=project)).project == Reference(
        external_id="p", name="Internal meetings"
    )


def test_a_running_timer_has_no_minutes_yet() -> None:
    interval = {"start": "2026-07-17T11:35:01Z", "end": None, "duration": None}
    mapped = _mapped(_entry(timeInterval=interval))
    assert (mapped.running, mapped.minutes, mapped.ended_at) == (True, 0, None)


@pytest.mark.parametrize(("seconds", "minutes"), [("29", 90), ("30", 91)])
def test_half_minutes_round_up(seconds: str, minutes: int) -> None:
    interval = {"start": "2026-06-30T22:00:00Z", "end": f"2026-06-30T23:30:{seconds}Z"}
    assert _mapped(_entry(timeInterval=interval)).minutes == minutes


def test_an_unknown_zone_name_falls_back() -> None:
    odd = User.model_validate(recordings.USER | {"settings": {"timeZone": "Mars/Olympus"}})
    assert _mapped(_entry(), References(users={odd.id: odd})).timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("kind", "works"),
    [
        ("REGULAR", True),
        (None, True),
        ("OVERTIME", True),
        ("BREAK", False),
        ("HOLIDAY", False),
        ("TIME_OFF", False),
        ("TIMEOFF", False),
    ],
)
def test_breaks_and_absences_are_not_work(kind: str | None, works: bool) -> None:
    assert counts_as_work(_entry(type=kind)) is works


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"userId": None}, "user"),
        (
            {"timeInterval": {"start": "2026-06-30T22:00:00Z", "end": "2026-06-30T21:00:00Z"}},
            "ends before",
        ),
        ({"description": recordings.NARRATIVE * 60}, "narrative"),
    ],
)
def test_what_does_not_fit_is_named_without_its_content(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unmappable, match=reason) as refusal:
        _mapped(_entry(**changes))
    assert "merger" not in str(refusal.value)
    assert refusal.value.__context__ is None


def test_an_approval_covers_work_in_the_owners_local_week() -> None:
    approval = to_approval(_item(), _PEOPLE, _READING)
    assert (approval.period_start, approval.period_end) == (date(2026, 6, 29), date(2026, 7, 5))
    assert approval.status is ApprovalStatus.APPROVED
    assert approval.approver == Reference(
        external_id="6137bb5addd64b2759e031e7", name="Ines Ferreira"
    )
    assert approval.decided_at == datetime(2026, 7, 6, 9, 12, 33, tzinfo=UTC)
    assert approval.note == "thank you"
    assert [(e.external_id, e.minutes, e.worker.email) for e in approval.entries] == [
        ("64c777ddd3fcab07cfbb210c", 91, "kirra@haldenridge.example")
    ]
    assert approval.entries[0].approval == EntryApproval(
        status=EntryStatus.APPROVED,
        approval_id=approval.external_id,
        approver=approval.approver,
        decided_at=approval.decided_at,
        note="thank you",
    )


@pytest.mark.parametrize(
    ("state", "status", "entry_status", "has_approver"),
    [
        ("PENDING", ApprovalStatus.SUBMITTED, EntryStatus.SUBMITTED, False),
        ("APPROVED", ApprovalStatus.APPROVED, EntryStatus.APPROVED, True),
        ("REJECTED", ApprovalStatus.REJECTED, EntryStatus.REJECTED, True),
        ("WITHDRAWN_SUBMISSION", ApprovalStatus.WITHDRAWN, EntryStatus.OPEN, False),
        ("WITHDRAWN_APPROVAL", ApprovalStatus.WITHDRAWN, EntryStatus.OPEN, False),
    ],
)
def test_states_of_requests(
    state: str, status: ApprovalStatus, entry_status: EntryStatus, has_approver: bool
) -> None:
    item = _item(state)
    assert to_approval(item, _PEOPLE, _READING).status is status
    covering = to_entry_approval(item.approval_request, _PEOPLE)
    assert covering.status is entry_status
    assert (covering.approver is not None) is has_approver


def test_an_unknown_state_is_not_guessed() -> None:
    with pytest.raises(Unmappable, match="HALF_APPROVED"):
        to_approval(_item("HALF_APPROVED"), _PEOPLE, _READING)
