"""Posting into real Tryton 8.2, as it comes and with our module."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal

from deploy.tryton.admin import TrytonAdmin
from deploy.tryton.pytest_plugin import StartTryton
from deploy.tryton.server import TrytonServer
from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    InvoiceState,
    LookupItem,
    OutcomeStatus,
)
from system_apis.connectors.tryton.port import TrytonErp
from system_apis.connectors.tryton.tests.real_tryton import (
    WORK_DAY,
    new_key,
    opened,
    posting,
    soon,
)


async def test_a_posting_is_created_read_back_and_found_again(
    server: TrytonServer, erp: TrytonErp
) -> None:
    item = posting(server)
    (outcome,) = await erp.post([item], soon())
    assert outcome.status is OutcomeStatus.POSTED
    line = outcome.line
    assert line is not None
    assert (line.posting_key, line.minutes, line.work_date) == (item.posting_key, 95, WORK_DAY)
    assert (line.worker_id, line.project_id, line.task_id, line.legal_entity_id) == (
        item.worker_id,
        item.project_id,
        item.task_id,
        item.legal_entity_id,
    )
    assert line.invoiced is InvoiceState.NONE
    with server.reader() as reader:
        (row,) = reader.lines(["id", "=", int(line.external_id)])
    assert (row.employee_email, row.task, row.minutes) == (
        "ada.lindqvist@haldenridge.example",
        "Discovery",
        95,
    )
    assert row.description is not None
    assert row.description.startswith('Workshop with the "client"')
    unknown = new_key()
    found = await erp.look_up([LookupItem(posting_key=k) for k in (item.posting_key, unknown)])
    assert [each.external_id for each in found.lines] == [line.external_id]
    assert found.missing == [unknown]
    read = await erp.read_lines([line.external_id, "999999", "not-an-id"])
    assert read.lines == [line]
    assert read.missing == ["999999", "not-an-id"]


async def test_a_line_tells_what_it_costs_to_a_user_who_may_see_that(
    server: TrytonServer, erp: TrytonErp
) -> None:
    """Ada's hour costs 92.00 until the end of June, and 95.50 after."""
    june, july = date(2026, 6, 29), date(2026, 7, 2)
    items = [posting(server, work_date=day) for day in (june, july)]
    hidden = [each.line.cost_rate for each in await erp.post(items, soon()) if each.line]
    assert hidden == [None, None]
    async with opened(server, user=server.user, password=server.password) as administrator:
        keys = [LookupItem(posting_key=item.posting_key) for item in items]
        found = {
            each.work_date: each.cost_rate for each in (await administrator.look_up(keys)).lines
        }
    assert found == {june: Decimal("92.00"), july: Decimal("95.50")}


async def test_posting_again_answers_the_line_that_stands(
    server: TrytonServer, erp: TrytonErp
) -> None:
    item = posting(server)
    (first,) = await erp.post([item], soon())
    again = await erp.post([posting(server), item, posting(server), item], soon())
    assert [each.status for each in again] == [
        OutcomeStatus.POSTED,
        OutcomeStatus.ALREADY_POSTED,
        OutcomeStatus.POSTED,
        OutcomeStatus.ALREADY_POSTED,
    ]
    assert again[1].line == first.line
    with server.reader() as reader:
        lines = reader.lines(["employee", "=", int(item.worker_id)])
    marked = [row for row in lines if item.posting_key in f"{row.uuid} {row.description}"]
    assert len(marked) == 1


async def test_the_same_batch_posted_twice_at_once_stands_once(
    start_tryton: StartTryton,
) -> None:
    """Only with a native key: a marker cannot see what another call has not committed yet."""
    server = start_tryton("with_reference")
    items = [posting(server) for _ in range(60)]
    async with opened(server) as one, opened(server) as two:
        first, second = await asyncio.gather(one.post(items, soon()), two.post(items, soon()))
    for ours, theirs in zip(first, second, strict=True):
        assert {ours.status, theirs.status} == {OutcomeStatus.POSTED, OutcomeStatus.ALREADY_POSTED}
        assert ours.line == theirs.line
    with server.reader() as reader:
        assert reader.count() == 60


async def test_bad_lines_do_not_stop_the_others(server: TrytonServer, erp: TrytonErp) -> None:
    closed = next(p for p in server.manifest["projects"] if p["status"] == "closed")
    left = next(e for e in server.manifest["employees"] if e["end_date"])
    closed_task = {"project_id": str(closed["id"]), "task_id": str(closed["tasks"][0]["id"])}
    bad = {
        3: (posting(server, worker_id="99999"), ErrorClass.WORKER_MISSING),
        7: (posting(server, worker_id=str(left["id"])), ErrorClass.REFERENCE_INACTIVE),
        8: (posting(server, **closed_task), ErrorClass.PROJECT_CLOSED),
        11: (posting(server, accounting_date=date(2026, 6, 30)), ErrorClass.PERIOD_CLOSED),
        12: (posting(server, work_date=date(2019, 1, 1)), ErrorClass.REFERENCE_INACTIVE),
        13: (posting(server, task_id="99999"), ErrorClass.REFERENCE_INACTIVE),
        14: (posting(server, legal_entity_id="7"), ErrorClass.REJECTED),
        15: (posting(server, minutes=-30), ErrorClass.REJECTED),
        16: (posting(server, task_id=closed_task["task_id"]), ErrorClass.REJECTED),
    }
    items = [bad[n][0] if n in bad else posting(server) for n in range(20)]
    outcomes = await erp.post(items, soon())
    assert [each.posting_key for each in outcomes] == [each.posting_key for each in items]
    for number, outcome in enumerate(outcomes):
        if number not in bad:
            assert outcome.status is OutcomeStatus.POSTED, number
            continue
        assert outcome.status is OutcomeStatus.REJECTED, number
        assert outcome.error is not None
        assert outcome.error.error_class is bad[number][1], number
        assert "Workshop" not in outcome.error.vendor_message
    found = await erp.look_up([LookupItem(posting_key=item.posting_key) for item in items])
    assert len(found.lines) == len(items) - len(bad)


async def test_a_line_that_only_tryton_refuses_stands_alone(start_tryton: StartTryton) -> None:
    server = start_tryton("stock")
    third = server.manifest["employees"][2]
    with server.reader() as reader:
        domain = f'[["employee", "!=", {third["id"]}]]'
        rule = {"name": "No hours for her", "model": "timesheet.line", "global_p": True}
        rule |= {"perm_read": False, "rules": [["create", [{"domain": domain}]]]}
        reader.call("model.ir.rule.group.create", [rule])
    items = [posting(server) for _ in range(9)]
    items[4] = posting(server, worker_id=str(third["id"]))
    async with opened(server) as erp:
        outcomes = await erp.post(items, soon())
    refused = outcomes[4]
    assert refused.status is OutcomeStatus.RETRY  # somebody has to mend the rule, not the hours
    assert refused.error is not None
    assert refused.error.error_class is ErrorClass.AUTH
    assert {each.status for each in outcomes if each is not refused} == {OutcomeStatus.POSTED}
    with server.reader() as reader:
        assert reader.count() == 8


async def test_a_line_moved_by_hand_is_still_found(tryton_stock: TrytonServer) -> None:
    async with opened(tryton_stock) as erp:
        item = posting(tryton_stock)
        (outcome,) = await erp.post([item], soon())
        assert outcome.line is not None
        with tryton_stock.reader() as reader:
            reader.call(
                "model.timesheet.line.write",
                [int(outcome.line.external_id)],
                {"employee": tryton_stock.manifest["employees"][1]["id"]},
            )
        found = await erp.look_up(
            [
                LookupItem(
                    posting_key=item.posting_key, worker_id=item.worker_id, work_date=item.work_date
                )
            ]
        )
        assert [line.external_id for line in found.lines] == [outcome.line.external_id]


async def test_an_invoiced_line_is_reported_as_invoiced(start_tryton: StartTryton) -> None:
    server = start_tryton("with_reference")
    async with opened(server) as erp:
        (outcome,) = await erp.post([posting(server)], soon())
        assert outcome.line is not None
        with server.reader() as reader:
            TrytonAdmin(reader).invoice_project("HR-1042")
        read = await erp.read_lines([outcome.line.external_id])
        assert [line.invoiced for line in read.lines] == [InvoiceState.INVOICED]
        assert read.lines[0].version != outcome.line.version
