"""Posting into the stand-in over real sockets: each line once, whatever breaks."""

from datetime import UTC, datetime, timedelta

import pytest

from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    LookupItem,
    OutcomeStatus,
    PostingOutcome,
)
from system_apis.connectors.http_json.port import HttpJsonErp
from system_apis.connectors.http_json.tests.conftest import (
    OpenPort,
    Sandbox,
    batch_options,
    documented_options,
    posting,
    soon,
)

POSTED, ALREADY = OutcomeStatus.POSTED, OutcomeStatus.ALREADY_POSTED
REJECTED, RETRY, IN_DOUBT = OutcomeStatus.REJECTED, OutcomeStatus.RETRY, OutcomeStatus.IN_DOUBT


def without_keys(sandbox: Sandbox) -> dict[str, object]:
    """The ERP ignores our keys, and the connection knows it."""
    sandbox.erp.behaviour.honours_keys = False
    return documented_options(sandbox.url, idempotency="marker_search")


def class_of(outcome: PostingOutcome) -> ErrorClass:
    assert outcome.error is not None
    return outcome.error.error_class


async def test_lines_are_posted_as_the_erp_wants_them(port: HttpJsonErp, sandbox: Sandbox) -> None:
    outcomes = await port.post([posting(n, minutes=50 * n) for n in (1, 2, 3)], soon())

    assert [each.status for each in outcomes] == [POSTED] * 3
    by_reference = {line["reference"]: line for line in sandbox.erp.lines}
    line = by_reference[posting(1).posting_key]
    told_by_itself = {"id", "taken_at"}
    assert {name: value for name, value in line.items() if name not in told_by_itself} == {
        "reference": posting(1).posting_key,
        "company": "1",
        "employee": "E001",
        "project": {"id": "HR-1042", "task": "HR-1042:Build"},
        "date": "2026-11-16",
        "period": "2026-11-30",
        "hours": 0.8333,
        "billable": True,
        "text": "Talks about the takeover of Northwind",
    }
    told = outcomes[1].line
    assert told is not None
    assert (told.external_id, told.minutes) == (
        str(by_reference[posting(2).posting_key]["id"]),
        100,
    )


async def test_a_repeated_key_is_no_second_line(port: HttpJsonErp, sandbox: Sandbox) -> None:
    first = await port.post([posting(), posting()], soon())
    second = await port.post([posting()], soon())

    assert [each.line for each in first] == [second[0].line] * 2
    assert len(sandbox.erp.lines) == 1


@pytest.mark.parametrize("in_batches", [False, True])
async def test_an_erp_that_ignores_keys_is_looked_at_first(
    open_port: OpenPort, sandbox: Sandbox, in_batches: bool
) -> None:
    options = without_keys(sandbox)
    if in_batches:
        options["batch"] = batch_options(recognises_keys=False)
    port = open_port(options)

    await port.post([posting(1)], soon())
    outcomes = await port.post([posting(1), posting(2)], soon())

    assert [each.status for each in outcomes] == [ALREADY, POSTED]
    assert sandbox.erp.summary()["duplicates"] == 0


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_500", "garbage"])
@pytest.mark.parametrize("in_batches", [False, True])
async def test_what_was_posted_unseen_is_in_doubt_found_and_not_sent_again(
    open_port: OpenPort, sandbox: Sandbox, fault: str, in_batches: bool
) -> None:
    options = without_keys(sandbox)
    if in_batches:
        options["batch"] = batch_options(recognises_keys=False)
    port = open_port(options)
    sandbox.erp.behaviour.faults = [fault]  # type: ignore[list-item]

    (unseen,) = await port.post([posting()], soon())
    found = await port.look_up([LookupItem(posting_key=posting().posting_key)])
    (again,) = await port.post([posting()], soon())

    assert (unseen.status, unseen.line) == (IN_DOUBT, None)
    assert [line.minutes for line in found.lines] == [50]
    assert (again.status, again.line) == (ALREADY, found.lines[0])
    assert len(sandbox.erp.received) == 1


async def test_what_never_arrived_is_proven_missing(port: HttpJsonErp, sandbox: Sandbox) -> None:
    sandbox.erp.behaviour.faults = ["drop"]

    (outcome,) = await port.post([posting()], soon())
    found = await port.look_up([LookupItem(posting_key=posting().posting_key)])

    assert outcome.status is IN_DOUBT
    assert (found.lines, found.missing) == ([], [posting().posting_key])


async def test_a_single_dropped_line_holds_up_no_other(port: HttpJsonErp, sandbox: Sandbox) -> None:
    sandbox.erp.behaviour.faults = ["ok", "ok", "drop"]

    outcomes = await port.post([posting(n) for n in range(40)], soon())

    statuses = [each.status for each in outcomes]
    assert (statuses.count(POSTED), statuses.count(IN_DOUBT)) == (39, 1)


async def test_an_erp_that_drops_everything_is_left_alone(
    open_port: OpenPort, sandbox: Sandbox
) -> None:
    port = open_port(documented_options(sandbox.url, concurrency=2))
    sandbox.erp.behaviour.faults = ["500"] * 100

    outcomes = await port.post([posting(n) for n in range(100)], soon())

    statuses = [each.status for each in outcomes]
    assert statuses.count(IN_DOUBT) <= 6
    assert statuses.count(RETRY) >= 94


async def test_throttled_lines_wait_as_long_as_they_are_told(
    open_port: OpenPort, sandbox: Sandbox
) -> None:
    port = open_port(documented_options(sandbox.url, concurrency=1))
    sandbox.erp.behaviour.faults = ["ok", "429"]

    outcomes = await port.post([posting(n) for n in range(4)], soon())

    assert [each.status for each in outcomes] == [POSTED, RETRY, RETRY, RETRY]
    assert {class_of(each) for each in outcomes[1:]} == {ErrorClass.THROTTLED}
    assert outcomes[3].error is not None
    assert outcomes[3].error.retry_after_seconds == 1
    assert sandbox.erp.calls["POST hours"] == 2


@pytest.mark.parametrize("in_batches", [False, True])
async def test_refusals_are_told_line_by_line_in_our_words(
    open_port: OpenPort, sandbox: Sandbox, in_batches: bool
) -> None:
    batch = batch_options() if in_batches else None
    port = open_port(documented_options(sandbox.url, batch=batch))
    sandbox.erp.masters["periods"] = [
        {"id": "2026-06", "from": "2026-06-01", "to": "2026-06-30", "closed": True}
    ]
    sandbox.erp.masters["employees"] = [{"id": "E001"}]
    sandbox.erp.behaviour.checks_employees = True

    outcomes = await port.post(
        [
            posting(1),
            posting(2, accounting_date="2026-06-30"),
            posting(3, worker_id="E999"),
            posting(4, narrative="please refuse me, Northwind takeover"),
        ],
        soon(),
    )

    assert [each.status for each in outcomes] == [POSTED, REJECTED, REJECTED, REJECTED]
    assert [class_of(each) for each in outcomes[1:]] == [
        ErrorClass.PERIOD_CLOSED,
        ErrorClass.WORKER_MISSING,
        ErrorClass.UNKNOWN,
    ]
    closed, odd = outcomes[1].error, outcomes[3].error
    assert closed is not None
    assert odd is not None
    assert (closed.vendor_code, closed.vendor_message) == ("PERIOD_CLOSED", "2026-06 is closed")
    assert odd.vendor_code == "ODD"
    assert odd.vendor_message == 'The text "…" is not to our taste'


async def test_a_refused_proof_sends_nothing_more(open_port: OpenPort, sandbox: Sandbox) -> None:
    options = documented_options(sandbox.url, concurrency=1)
    options["authentication"] = {"scheme": "bearer", "token": "wrong"}

    outcomes = await open_port(options).post([posting(n) for n in range(10)], soon())

    assert {each.status for each in outcomes} == {RETRY}
    assert {class_of(each) for each in outcomes} == {ErrorClass.AUTH}
    assert sandbox.erp.calls["POST hours"] == 1


async def test_nothing_is_started_after_the_deadline(port: HttpJsonErp, sandbox: Sandbox) -> None:
    outcomes = await port.post([posting()], datetime.now(UTC) - timedelta(seconds=1))

    assert outcomes[0].status is RETRY
    assert sandbox.erp.received == []


async def test_no_call_outlasts_the_deadline(port: HttpJsonErp, sandbox: Sandbox) -> None:
    sandbox.erp.behaviour.delay_ms = 2000

    outcomes = await port.post([posting()], datetime.now(UTC) + timedelta(seconds=0.3))

    assert outcomes[0].status is IN_DOUBT
    assert len(sandbox.erp.lines) == 1


async def test_no_more_calls_at_a_time_than_allowed(open_port: OpenPort, sandbox: Sandbox) -> None:
    port = open_port(documented_options(sandbox.url, concurrency=4))
    sandbox.erp.behaviour.delay_ms = 50
    started = datetime.now(UTC)

    await port.post([posting(n) for n in range(16)], soon())

    assert datetime.now(UTC) - started > timedelta(seconds=0.19)
