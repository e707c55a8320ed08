"""Taking lines back from the stand-in over real sockets, in every way that can be configured."""

from typing import Any

import pytest

from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    InvoiceState,
    Operation,
    OutcomeStatus,
    PostedLine,
    PostingOutcome,
    PostingRequest,
    ReversalMode,
)
from system_apis.connectors.http_json.port import HttpJsonErp
from system_apis.connectors.http_json.tests.conftest import (
    OpenPort,
    Sandbox,
    documented_options,
    posting,
    soon,
    taking_back_options,
)

POSTED, ALREADY = OutcomeStatus.POSTED, OutcomeStatus.ALREADY_POSTED
REJECTED, RETRY, IN_DOUBT = OutcomeStatus.REJECTED, OutcomeStatus.RETRY, OutcomeStatus.IN_DOUBT


@pytest.fixture
def port(open_port: OpenPort, sandbox: Sandbox) -> HttpJsonErp:
    """The README's connection, with everything that it may be configured to do to a line."""
    return open_port(documented_options(sandbox.url, **taking_back_options()))


async def posted(port: HttpJsonErp, *items: PostingRequest) -> list[PostedLine]:
    lines = [outcome.line for outcome in await port.post(items, soon())]
    assert None not in lines
    return [line for line in lines if line is not None]


def about(line: PostedLine, operation: Operation, number: int = 90, **more: Any) -> PostingRequest:
    """A delete or an update of a line, with a key of its own."""
    target = {"target_line": line.external_id, "target_key": line.posting_key}
    return posting(number, operation=operation, **(target | more))


async def _one(port: HttpJsonErp, item: PostingRequest) -> PostingOutcome:
    (outcome,) = await port.post([item], soon())
    return outcome


def class_of(outcome: PostingOutcome) -> ErrorClass:
    assert outcome.error is not None
    return outcome.error.error_class


async def test_what_is_configured_is_what_it_can(port: HttpJsonErp) -> None:
    assert (await port.abilities()).reversal_modes == [
        ReversalMode.NEGATIVE_LINE,
        ReversalMode.DELETE_UNINVOICED,
        ReversalMode.UPDATE_IN_PLACE,
    ]


async def test_a_negative_line_names_the_line_that_it_takes_back(
    port: HttpJsonErp, sandbox: Sandbox
) -> None:
    (line,) = await posted(port, posting())
    back = about(line, Operation.POST, minutes=-50)
    outcome = await _one(port, back)

    assert (outcome.status, outcome.line.minutes if outcome.line else None) == (POSTED, -50)
    original, reversal = sandbox.erp.lines
    assert (reversal["hours"], reversal["reverses"]) == (-original["hours"], line.external_id)
    assert "reverses" not in original
    assert (await _one(port, back)).status is POSTED  # the ERP answers the first result again
    assert len(sandbox.erp.lines) == 2


async def test_a_line_is_deleted_once_among_others_that_are_added(
    port: HttpJsonErp, sandbox: Sandbox
) -> None:
    line, other = await posted(port, posting(1), posting(2))
    removal = about(line, Operation.DELETE)
    outcomes = await port.post([posting(3), removal, posting(4)], soon())

    assert [each.status for each in outcomes] == [POSTED] * 3
    assert outcomes[1].line is None
    assert [each["id"] for each in sandbox.erp.deleted] == [int(line.external_id)]
    assert len(sandbox.erp.lines) == 3
    assert (await _one(port, removal)).status is ALREADY
    read = await port.read_lines([line.external_id, other.external_id])
    assert (read.missing, len(read.lines)) == ([line.external_id], 1)


async def test_a_line_is_rewritten_and_the_erp_keeps_what_it_was(
    port: HttpJsonErp, sandbox: Sandbox
) -> None:
    (line,) = await posted(port, posting())
    update = about(line, Operation.UPDATE, minutes=30, project_id="HR-2000")
    outcome = await _one(port, update)

    assert outcome.status is POSTED
    assert outcome.line is not None
    assert (outcome.line.external_id, outcome.line.minutes) == (line.external_id, 30)
    (row,) = sandbox.erp.lines
    assert (row["reference"], row["project"]["id"]) == (update.posting_key, "HR-2000")
    assert [each["reference"] for each in row["history"]] == [line.posting_key]
    assert (await _one(port, update)).status is ALREADY
    assert len(row["history"]) == 1


@pytest.mark.parametrize("operation", [Operation.DELETE, Operation.UPDATE])
@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_500", "drop", "500"])
async def test_an_unanswered_call_is_in_doubt_and_reading_the_line_tells(
    port: HttpJsonErp, sandbox: Sandbox, operation: Operation, fault: str
) -> None:
    (line,) = await posted(port, posting())
    item = about(line, operation, minutes=30)
    sandbox.erp.behaviour.faults = [fault]  # type: ignore[list-item]

    assert (await _one(port, item)).status is IN_DOUBT
    committed = fault.startswith("commit")
    read = await port.read_lines([line.external_id])
    if operation is Operation.DELETE:
        assert len(read.missing) == committed
    else:
        assert [each.minutes for each in read.lines] == [30 if committed else 50]
    assert (await _one(port, item)).status is (ALREADY if committed else POSTED)


@pytest.mark.parametrize("operation", [Operation.DELETE, Operation.UPDATE])
async def test_what_an_invoice_holds_or_somebody_else_has_taken_stays(
    port: HttpJsonErp, sandbox: Sandbox, operation: Operation
) -> None:
    (line,) = await posted(port, posting())
    foreign = await _one(port, about(line, operation, 91, target_key="e" * 64))
    assert (foreign.status, class_of(foreign)) == (REJECTED, ErrorClass.STALE_VERSION)

    for state in ("draft", "invoiced"):
        sandbox.erp.lines[0]["invoice"] = state
        read = await port.read_lines([line.external_id])
        assert read.lines[0].invoiced is InvoiceState(state)
        outcome = await _one(port, about(line, operation))
        assert (outcome.status, class_of(outcome)) == (REJECTED, ErrorClass.INVOICED_LOCKED)
    assert len(sandbox.erp.lines) == 1


async def test_an_update_of_a_line_that_is_gone_adds_none(
    port: HttpJsonErp, sandbox: Sandbox
) -> None:
    (line,) = await posted(port, posting())
    sandbox.erp.lines.clear()
    outcome = await _one(port, about(line, Operation.UPDATE))
    assert (outcome.status, class_of(outcome)) == (REJECTED, ErrorClass.STALE_VERSION)
    assert sandbox.erp.lines == []


async def test_what_is_not_configured_is_not_tried(open_port: OpenPort, sandbox: Sandbox) -> None:
    port = open_port(documented_options(sandbox.url, negative_quantity=False))
    (line,) = await posted(port, posting())
    assert (await port.abilities()).reversal_modes == [ReversalMode.NONE]
    for operation in (Operation.DELETE, Operation.UPDATE):
        outcome = await _one(port, about(line, operation))
        assert outcome.status is REJECTED
    assert len(sandbox.erp.lines) == 1
