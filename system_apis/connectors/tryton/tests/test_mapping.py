from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from system_apis.capabilities.erp.schemas import (
    InvoiceState,
    MasterStatus,
    PeriodStatus,
    PostedLine,
    PostingRequest,
)
from system_apis.connectors.tryton import mapping
from system_apis.connectors.tryton.platform_models import (
    TrytonCompany,
    TrytonEmployee,
    TrytonInvoiceLine,
    TrytonLine,
    TrytonParty,
    TrytonPeriod,
    TrytonWork,
)
from system_apis.connectors.tryton.settings import TrytonSettings
from system_apis.connectors.tryton.tests import recorded_answers
from system_apis.connectors.tryton.work_tree import WorkTree

KEY = "ab" * 32


def posting(**changes: Any) -> PostingRequest:
    values = {
        "posting_key": KEY,
        "legal_entity_id": "1",
        "worker_id": "7",
        "project_id": "1",
        "task_id": "2",
        "work_date": date(2026, 11, 10),
        "accounting_date": date(2026, 11, 10),
        "minutes": 95,
        "billable": True,
        "narrative": "Kick-off\r\n  with\tclient \x00",
    }
    return PostingRequest.model_validate({**values, **changes})


def tree(*, closed: bool = False) -> WorkTree:
    project, task = recorded_answers.records("works", TrytonWork)
    if closed:
        done = project.status.model_copy(update={"progress": 1.0, "name": "Done"})
        project = project.model_copy(update={"status": done})
    found = WorkTree()
    found.add([project, task])
    return found


def line(**changes: Any) -> TrytonLine:
    (raw,) = recorded_answers.records("lines", TrytonLine)
    return raw.model_copy(update=changes)


def test_line_values_with_and_without_a_key_of_its_own() -> None:
    common = {
        "company": 1,
        "employee": 7,
        "work": 42,
        "date": date(2026, 11, 10),
        "duration": timedelta(minutes=95),
    }
    assert mapping.line_values(posting(), 42, with_uuid=True) == {
        **common,
        "uuid": KEY,
        "description": "Kick-off with client",
    }
    assert mapping.line_values(posting(), 42, with_uuid=False) == {
        **common,
        "description": f"Kick-off with client [tp:{KEY}]",
    }
    silent = mapping.line_values(posting(narrative=" \n"), 42, with_uuid=True)
    assert silent["description"] is None


@given(st.text(max_size=200))
def test_a_key_is_read_back_from_any_description(narrative: str) -> None:
    values = mapping.line_values(posting(narrative=narrative), 42, with_uuid=False)
    assert values["description"].isprintable()
    stored = line(uuid=None, description=values["description"])
    assert mapping.posting_key_of(stored) is not None
    if "[tp:" not in narrative:
        assert mapping.posting_key_of(stored) == KEY


def test_lines_of_others_have_no_key() -> None:
    assert mapping.posting_key_of(line()) is None  # its uuid is another application's
    assert mapping.posting_key_of(line(uuid=None, description=None)) is None


def test_a_recorded_line_in_our_words() -> None:
    assert mapping.posted_line(line(uuid=KEY), tree()) == PostedLine(
        external_id="1",
        posting_key=KEY,
        legal_entity_id="1",
        worker_id="1",
        project_id="1",
        task_id="2",
        work_date=date(2026, 11, 10),
        minutes=90,
        invoiced=InvoiceState.NONE,
        version="1795404347.04591",
    )


@pytest.mark.parametrize(
    ("invoice_line", "billed", "state"),
    [
        (None, None, "none"),
        (7, None, "invoiced"),  # the user may not see which invoice it is
        (7, {"id": 7, "invoice.": None}, "draft"),
        (7, {"id": 7, "invoice.": {"id": 3, "state": "draft"}}, "draft"),
        (7, {"id": 7, "invoice.": {"id": 3, "state": "cancelled"}}, "draft"),
        (7, {"id": 7, "invoice.": {"id": 3, "state": "cancelled", "number": "12"}}, "invoiced"),
        (7, {"id": 7, "invoice.": {"id": 3, "state": "posted", "number": "12"}}, "invoiced"),
    ],
)
def test_an_invoice_counts_once_it_has_a_number(
    invoice_line: int | None, billed: object, state: str
) -> None:
    held = TrytonInvoiceLine.model_validate(billed) if billed else None
    held_line = line(invoice_line=invoice_line, billed=held)
    assert mapping.posted_line(held_line, tree()).invoiced == state


def test_a_line_outside_of_projects_has_neither_project_nor_task() -> None:
    (raw,) = recorded_answers.records("lines", TrytonLine)
    stray = raw.model_copy(update={"work": raw.work.model_copy(update={"origin": None})})
    posted = mapping.posted_line(stray, tree())
    assert (posted.project_id, posted.task_id) == (None, None)


@pytest.mark.parametrize(("seconds", "minutes"), [(89, 1), (90, 2), (5400, 90), (0, 0)])
def test_seconds_keyed_in_by_people_round_half_up(seconds: int, minutes: int) -> None:
    assert mapping.posted_line(line(duration=timedelta(seconds=seconds)), tree()).minutes == minutes


def test_recorded_masters_in_our_words() -> None:
    ada, _ = recorded_answers.records("employees", TrytonEmployee)
    worker = mapping.worker(ada)
    assert (worker.employee_number, worker.email, worker.hire_date) == (
        "E001",
        "ada.lindqvist@haldenridge.example",
        date(2021, 3, 1),
    )
    (company,) = recorded_answers.records("companies", TrytonCompany)
    assert mapping.legal_entity(company, "US01").name == "Halden Ridge Consulting"
    party, _ = recorded_answers.records("parties", TrytonParty)
    assert mapping.client(party).code == "C-101"
    january, _ = recorded_answers.records("periods", TrytonPeriod)
    assert mapping.period(january).status is PeriodStatus.CLOSED
    assert mapping.period(january).end_date == date(2026, 1, 31)


def test_a_projects_code_stands_in_its_name_or_is_trytons_number() -> None:
    pattern = TrytonSettings.model_fields["project_code"].default
    work, _ = recorded_answers.records("works", TrytonWork)
    split = mapping.project(work, tree(), pattern)
    assert (split.code, split.name, split.client_id) == ("HR-1042", "Ledger migration", "14")
    plain = mapping.project(work.model_copy(update={"name": "Migration"}), tree(), pattern)
    assert (plain.code, plain.name) == ("1", "Migration")


def test_tasks_close_with_their_project_and_need_one() -> None:
    _, task = recorded_answers.records("works", TrytonWork)
    assert [t.status for t in mapping.tasks([task], tree())] == [MasterStatus.OPEN]
    assert [t.status for t in mapping.tasks([task], tree(closed=True))] == [MasterStatus.CLOSED]
    orphan = task.model_copy(update={"parent": None})
    assert mapping.tasks([orphan], tree()) == []


def test_delta_asks_for_both_dates_of_the_record_and_its_relatives() -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    assert mapping.changed_since(None, "party") == []
    assert mapping.changed_since(since, "party") == [
        "OR",
        ["write_date", ">=", since],
        ["create_date", ">=", since],
        ["party.write_date", ">=", since],
        ["party.create_date", ">=", since],
    ]


@pytest.mark.parametrize("text", ["", "0", "-1", "1.0", "x", "9" * 30, "１"])
def test_only_trytons_numbers_are_ids(text: str) -> None:
    assert mapping.tryton_id(text) is None


@pytest.mark.parametrize(
    "options",
    [{"base_url": "erp.example.com"}, {"base_url": "http://x?a=b"}, {"project_code": "(.*)"}],
)
def test_settings_refuse_what_cannot_work(options: dict[str, str]) -> None:
    base = {"base_url": "http://erp/", "database": "d", "user": "u", "password": "p"}
    assert TrytonSettings.model_validate(base).base_url == "http://erp"
    with pytest.raises(ValidationError):
        TrytonSettings.model_validate({**base, **options})
