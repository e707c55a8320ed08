"""Taking lines back from real Tryton 8.2: uninvoiced ones go, invoiced ones are told as such."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deploy.tryton.admin import TrytonAdmin
from deploy.tryton.pytest_plugin import StartTryton
from deploy.tryton.reader import TrytonRefusal
from deploy.tryton.server import TrytonServer
from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    InvoiceState,
    Operation,
    OutcomeStatus,
    PostedLine,
    PostingRequest,
    ReversalMode,
)
from system_apis.connectors.tryton.port import TrytonErp
from system_apis.connectors.tryton.tests.real_tryton import (
    WORK_DAY,
    new_key,
    opened,
    posting,
    soon,
)


def removal_of(item: PostingRequest, line: PostedLine) -> PostingRequest:
    return item.model_copy(
        update={
            "posting_key": new_key(),
            "minutes": -item.minutes,
            "operation": Operation.DELETE,
            "target_line": line.external_id,
            "target_key": line.posting_key,
        }
    )


async def posted(erp: TrytonErp, item: PostingRequest) -> PostedLine:
    (outcome,) = await erp.post([item], soon())
    assert outcome.line is not None
    return outcome.line


async def test_a_line_is_taken_back_by_deleting_it(server: TrytonServer, erp: TrytonErp) -> None:
    assert (await erp.abilities()).reversal_modes == [ReversalMode.DELETE_UNINVOICED]
    item, other = posting(server), posting(server)
    line, stays = await posted(erp, item), await posted(erp, other)
    removal = removal_of(item, line)

    (outcome,) = await erp.post([removal], soon())
    assert (outcome.status, outcome.line) == (OutcomeStatus.POSTED, None)
    read = await erp.read_lines([line.external_id, stays.external_id])
    assert (read.missing, read.lines) == ([line.external_id], [stays])
    (again,) = await erp.post([removal], soon())
    assert again.status is OutcomeStatus.ALREADY_POSTED


async def test_negative_hours_are_refused_by_tryton_itself(tryton_stock: TrytonServer) -> None:
    """Which is why lines are deleted: were they taken one day, we would rather add them."""
    employee = tryton_stock.manifest["employees"][0]["id"]
    work = tryton_stock.manifest["projects"][0]["tasks"][0]["timesheet_work_id"]
    with (
        tryton_stock.reader() as reader,
        pytest.raises(TrytonRefusal, match=r'field "Duration".*not valid according to its domain'),
    ):
        TrytonAdmin(reader).key_in_line(employee, work, WORK_DAY, -60, "taken back")


async def test_an_invoice_is_told_from_a_draft_and_both_keep_their_lines(
    start_tryton: StartTryton,
) -> None:
    server = start_tryton("stock")
    login = server.manifest["integration_user"]["login"]
    item = posting(server)
    with server.reader() as reader:
        admin = TrytonAdmin(reader)
        async with opened(server) as erp:
            line = await posted(erp, item)
            admin.invoice_project("HR-1042")
            # The group that posts hours may not look at invoices: it only sees that there is one.
            assert await _invoiced(erp, line) is InvoiceState.INVOICED
        admin.let_see_invoices(login)
    server.stop()  # it remembers for minutes what the user may see
    server.start()
    with server.reader() as reader:
        admin = TrytonAdmin(reader)
        async with opened(server) as erp:
            assert await _invoiced(erp, line) is InvoiceState.DRAFT
            (refused,) = await erp.post([removal_of(item, line)], soon())
            assert refused.error is not None
            assert refused.error.error_class is ErrorClass.INVOICED_LOCKED
            admin.cancel_drafts()
            assert await _invoiced(erp, line) is InvoiceState.DRAFT
            admin.delete_drafts()
            assert await _invoiced(erp, line) is InvoiceState.NONE
            admin.invoice_project("HR-1042")
            admin.issue_invoices(WORK_DAY + timedelta(days=5))
            assert await _invoiced(erp, line) is InvoiceState.INVOICED
            (refused,) = await erp.post([removal_of(item, line)], soon())
            assert refused.status is OutcomeStatus.REJECTED
        assert reader.count() == 1


async def _invoiced(erp: TrytonErp, line: PostedLine) -> InvoiceState:
    read = await erp.read_lines([line.external_id])
    return read.lines[0].invoiced
