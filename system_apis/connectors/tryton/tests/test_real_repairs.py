"""Employees and clients of real Tryton 8.2 that are brought in line with their owner."""

from __future__ import annotations

import pytest

from deploy.tryton.admin import TrytonAdmin
from deploy.tryton.pytest_plugin import StartTryton
from deploy.tryton.server import TrytonServer
from shared.problems import UpstreamRefused
from system_apis.capabilities.erp.schemas import Worker
from system_apis.capabilities.repairs import Kind, RepairedAttribute, RepairStatus, RepairToMake
from system_apis.connectors.tryton.port import TrytonErp
from system_apis.connectors.tryton.tests.real_tryton import opened, soon


def repair(
    kind: Kind, number: str, attribute: RepairedAttribute, seen: str | None, wanted: str
) -> RepairToMake:
    return RepairToMake(
        reference=f"{number}-{attribute}",
        kind=kind,
        external_id=number,
        attribute=attribute,
        seen=seen,
        wanted=wanted,
    )


async def worker_of(erp: TrytonErp, number: str) -> Worker:
    workers = (await erp.workers(None, 100, None)).items
    return next(each for each in workers if each.external_id == number)


def allowed(server: TrytonServer) -> TrytonServer:
    with server.reader() as reader:
        TrytonAdmin(reader).let_repair_masters(server.manifest["integration_user"]["login"])
    return server


async def test_all_that_can_be_written_is_written_once(start_tryton: StartTryton) -> None:
    async with opened(allowed(start_tryton("stock"))) as erp:
        was = (await erp.workers(None, 1, None)).items[0]
        client = (await erp.clients(None, 1, None)).items[0]
        hired = was.hire_date.isoformat() if was.hire_date else None
        left = was.termination_date.isoformat() if was.termination_date else None
        number = was.external_id
        items = [
            repair("worker", number, "name", was.name, "Ada Byron"),
            repair("worker", number, "email", was.email, "Ada.Byron@haldenridge.example"),
            repair("worker", number, "hire_date", hired, "2019-01-07"),
            repair("worker", number, "termination_date", left, "2026-12-31"),
            repair("client", client.external_id, "name", client.name, "Alder Bank plc"),
        ]

        made = await erp.repair(items, soon())
        again = await erp.repair(items, soon())

        now = await worker_of(erp, number)
        assert (now.name, now.email) == ("Ada Byron", "ada.byron@haldenridge.example")
        assert (str(now.hire_date), str(now.termination_date)) == ("2019-01-07", "2026-12-31")
        assert now.employee_number == was.employee_number
        clients = (await erp.clients(None, 100, None)).items
        assert "Alder Bank plc" in {each.name for each in clients}
        assert {(each.status, each.written) for each in made} == {(RepairStatus.DONE, True)}
        assert {(each.status, each.written) for each in again} == {(RepairStatus.DONE, False)}


async def test_days_that_contradict_one_another_are_refused_and_the_name_is_not(
    start_tryton: StartTryton,
) -> None:
    async with opened(allowed(start_tryton("stock"))) as erp:
        was = (await erp.workers(None, 1, None)).items[0]
        hired = was.hire_date.isoformat() if was.hire_date else None
        items = [
            repair("worker", was.external_id, "termination_date", None, "1999-12-31"),
            repair("worker", was.external_id, "name", was.name, "Ada Byron"),
        ]

        left, name = await erp.repair(items, soon())

        now = await worker_of(erp, was.external_id)
        assert (left.status, name.status) == (RepairStatus.REFUSED, RepairStatus.DONE)
        assert left.message is not None
        assert left.message.startswith("Tryton will not have that")
        assert (now.name, now.termination_date) == ("Ada Byron", None)
        assert hired == (now.hire_date.isoformat() if now.hire_date else None)


async def test_what_was_changed_meanwhile_or_is_unknown_stays(
    server: TrytonServer, erp: TrytonErp
) -> None:
    was = (await erp.workers(None, 1, None)).items[0]
    items = [
        repair("worker", was.external_id, "name", "Somebody Else", "Ada Byron"),
        repair("worker", "999999", "name", "Somebody Else", "Ada Byron"),
        repair("client", "none", "name", "Somebody Else", "Ada Byron"),
    ]

    made = await erp.repair(items, soon())

    assert [each.status for each in made] == [RepairStatus.CHANGED] * 3
    assert (await worker_of(erp, was.external_id)).name == was.name
    assert server.manifest["employees"]


async def test_a_user_without_the_right_is_told_what_is_missing(start_tryton: StartTryton) -> None:
    async with opened(start_tryton("stock")) as erp:
        was = (await erp.workers(None, 1, None)).items[0]
        item = repair("worker", was.external_id, "termination_date", None, "2026-12-31")

        with pytest.raises(UpstreamRefused) as refused:
            await erp.repair([item], soon())

        assert refused.value.code == "tryton_write_refused"
        assert (await worker_of(erp, was.external_id)).termination_date is None
