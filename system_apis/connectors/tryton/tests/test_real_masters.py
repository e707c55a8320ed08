"""Reading real Tryton 8.2, and what happens when the connection is set up wrongly."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime

import pytest

from deploy.tryton.admin import TrytonAdmin
from deploy.tryton.pytest_plugin import StartTryton
from deploy.tryton.server import TrytonServer
from shared.problems import InvalidRequest, UpstreamRefused
from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    Idempotency,
    MasterStatus,
    OutcomeStatus,
    PeriodStatus,
)
from system_apis.connectors.tryton.port import TrytonErp
from system_apis.connectors.tryton.tests.real_tryton import (
    WORK_DAY,
    opened,
    posting,
    soon,
)


async def test_abilities_and_check_tell_the_variant(server: TrytonServer, erp: TrytonErp) -> None:
    abilities = await erp.abilities()
    native = server.variant == "with_reference"
    assert abilities.idempotency is (
        Idempotency.NATIVE_REJECT if native else Idempotency.MARKER_SEARCH
    )
    words = await erp.check()
    assert words[0] == f"Tryton 8.2 answers at {server.base_url}."
    assert ("uuid" in words[-1]) is native


async def test_masters_are_complete_over_pages(server: TrytonServer, erp: TrytonErp) -> None:
    manifest = server.manifest
    workers, cursor = [], None
    while True:
        page = await erp.workers(cursor, 5, None)
        workers += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert [(w.employee_number, w.email, w.external_id) for w in workers] == [
        (e["employee_number"], e["email"], str(e["id"])) for e in manifest["employees"]
    ]
    assert workers[-1].termination_date == date(2026, 9, 30)
    projects = (await erp.projects(None, 100, None)).items
    assert [(p.code, p.name, p.status) for p in projects] == [
        (p["code"], p["name"], MasterStatus(p["status"].upper())) for p in manifest["projects"]
    ]
    assert all(project.bookable for project in projects)
    tasks = (await erp.tasks(None, 200, None)).items
    assert [(t.project_id, t.external_id, t.name) for t in tasks] == [
        (str(p["id"]), str(t["id"]), t["name"]) for p in manifest["projects"] for t in p["tasks"]
    ]
    clients = (await erp.clients(None, 100, None)).items
    billed = {p["client_code"] for p in manifest["projects"]} - {None}
    assert {client.code for client in clients} == billed
    (entity,) = (await erp.legal_entities(None, 10, None)).items
    assert (entity.code, entity.currency, entity.timezone) == ("US01", "USD", "America/New_York")
    periods = (await erp.periods(None, 100, None)).items
    assert len(periods) == 24
    assert {p.name for p in periods if p.status is PeriodStatus.CLOSED} == {
        f"2026-0{month}" for month in range(1, 7)
    }
    with pytest.raises(InvalidRequest):
        await erp.workers("abc", 5, None)


async def test_deltas_see_a_closing_project_its_tasks_and_a_new_address(
    start_tryton: StartTryton,
) -> None:
    server = start_tryton("stock")
    async with opened(server) as erp:
        since = datetime.now(UTC)
        assert (await erp.workers(None, 10, since)).items == []
        assert (await erp.projects(None, 10, since)).items == []
        with server.reader() as reader:
            TrytonAdmin(reader).close_project("HR-1042", WORK_DAY)
            (contact,) = reader.call(
                "model.party.contact_mechanism.search", [["value", "like", "carmen%"]]
            )
            changed = {"value": "carmen.new@haldenridge.example"}
            reader.call("model.party.contact_mechanism.write", [contact], changed)
            TrytonAdmin(reader).close_period("2026-07")
        (project,) = (await erp.projects(None, 10, since)).items
        assert (project.code, project.status, project.end_date) == (
            "HR-1042",
            MasterStatus.CLOSED,
            WORK_DAY,
        )
        tasks = (await erp.tasks(None, 10, since)).items
        assert [task.status for task in tasks] == [MasterStatus.CLOSED] * 4
        assert [w.email for w in (await erp.workers(None, 10, since)).items] == [changed["value"]]
        assert [p.name for p in (await erp.periods(None, 10, since)).items] == ["2026-07"]
        assert (await erp.clients(None, 10, since)).items != []
        item = posting(server, work_date=date(2026, 7, 15), accounting_date=date(2026, 7, 15))
        (outcome,) = await erp.post([item], soon())
        assert outcome.error is not None
        assert outcome.error.error_class is ErrorClass.PROJECT_CLOSED


async def test_a_wrong_password_is_an_operators_matter_and_loses_no_item(
    start_tryton: StartTryton,
) -> None:
    server = start_tryton("stock")
    async with opened(server, password="wrong") as erp:
        (outcome,) = await erp.post([posting(server)], soon())
        assert outcome.status is OutcomeStatus.RETRY
        assert outcome.error is not None
        assert outcome.error.error_class is ErrorClass.AUTH
        with pytest.raises(UpstreamRefused, match="refused the login"):
            await erp.workers(None, 10, None)
    async with opened(server, database="nowhere") as erp:
        with pytest.raises(UpstreamRefused, match="no database 'nowhere'"):
            await erp.check()
    failed_logins = server.log_path.read_text().count("login failed for 'timepost'")
    assert failed_logins == 1  # Tryton locks a user out after five


async def test_sessions_that_end_are_renewed(start_tryton: StartTryton) -> None:
    server = start_tryton("with_reference")
    async with opened(server) as erp:
        await erp.post([posting(server)], soon())
        with sqlite3.connect(server.state_dir / f"{server.database}.sqlite") as database:
            database.execute("DELETE FROM ir_session")
        database.close()
        (outcome,) = await erp.post([posting(server)], soon())
        assert outcome.status is OutcomeStatus.POSTED


async def test_a_right_that_is_missing_blames_the_connection_not_the_hours(
    start_tryton: StartTryton,
) -> None:
    server = start_tryton("with_reference")
    with server.reader() as reader:
        user = {"name": "Plain", "login": "plain", "password": "plain-password-77"}
        reader.call(
            "model.res.user.create",
            [{**user, "companies": [["add", [1]]], "company": 1, "company_filter": "all"}],
        )
    async with opened(server, user="plain", password="plain-password-77") as erp:
        (outcome,) = await erp.post([posting(server)], soon())
        assert outcome.status is OutcomeStatus.RETRY
        assert outcome.error is not None
        assert outcome.error.error_class is ErrorClass.AUTH
