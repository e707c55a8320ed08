"""What is sent, and what odd answers mean, with a network of our own."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.http_client import MockTransport, Request, Response
from shared.problems import (
    InvalidRequest,
    TooManyRequests,
    UpstreamRefused,
    UpstreamUnavailable,
)
from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    Idempotency,
    LookupItem,
    MasterStatus,
    OutcomeStatus,
)
from system_apis.connectors.http_json.tests.conftest import (
    OpenPort,
    batch_options,
    documented_options,
    posting,
    soon,
)

URL = "https://erp.example.com"
Behaviour = Callable[[Request], Response]


class Network:
    """Answers as told, and keeps what was sent."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.requests: list[Request] = []
        self._behaviour = behaviour
        self.transport = MockTransport(self._answer)

    def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        return self._behaviour(request)


def answering(status: int, document: Any = None, **headers: str) -> Network:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Network(lambda _: Response(status, json=document, headers=named))


@pytest.mark.parametrize(
    ("authentication", "name", "value"),
    [
        ({"scheme": "bearer", "token": "t"}, "authorization", "Bearer t"),
        ({"scheme": "header", "header": "X-Own", "api_key": "k"}, "x-own", "k"),
        (
            {"scheme": "basic", "user": "u", "password": "p"},
            "authorization",
            "Basic " + base64.b64encode(b"u:p").decode(),
        ),
    ],
)
async def test_calls_prove_who_they_come_from(
    open_port: OpenPort, authentication: dict[str, str], name: str, value: str
) -> None:
    network = answering(201, {"id": 1})
    options = documented_options(URL, authentication=authentication, headers={"X-Tenant": "7"})

    await open_port(options, transport=network.transport).post([posting()], soon())

    (request,) = network.requests
    assert request.headers[name] == value
    assert request.headers["x-tenant"] == "7"
    assert request.headers["idempotency-key"] == posting().posting_key


async def test_fields_without_a_value_are_left_out(open_port: OpenPort) -> None:
    network = answering(201, {"id": 1})
    port = open_port(documented_options(URL), transport=network.transport)

    (outcome,) = await port.post([posting(task_id=None)], soon())

    assert json.loads(network.requests[0].content)["project"] == {"id": "HR-1042"}
    assert outcome.line is not None
    assert outcome.line.external_id == "1"
    assert (outcome.line.minutes, outcome.line.worker_id) == (50, "E001")


@pytest.mark.parametrize(
    ("status", "document", "expected", "error_class"),
    [
        (201, {"id": 1}, OutcomeStatus.POSTED, None),
        (200, {"id": 1, "hours": "odd"}, OutcomeStatus.POSTED, None),
        (200, {"id": 1, "employee": ""}, OutcomeStatus.IN_DOUBT, ErrorClass.UNKNOWN),
        (200, {}, OutcomeStatus.IN_DOUBT, ErrorClass.UNKNOWN),
        (200, [], OutcomeStatus.IN_DOUBT, ErrorClass.UNKNOWN),
        (204, None, OutcomeStatus.IN_DOUBT, ErrorClass.UNKNOWN),
        (200, {"error": {"code": "LOCKED"}}, OutcomeStatus.RETRY, ErrorClass.UNAVAILABLE),
        (
            422,
            {"error": {"code": "PERIOD_CLOSED"}},
            OutcomeStatus.REJECTED,
            ErrorClass.PERIOD_CLOSED,
        ),
        (422, {"error": {"code": "OTHER"}}, OutcomeStatus.REJECTED, ErrorClass.UNKNOWN),
        (422, {"error": []}, OutcomeStatus.REJECTED, ErrorClass.UNKNOWN),
        (400, None, OutcomeStatus.REJECTED, ErrorClass.UNKNOWN),
        (302, None, OutcomeStatus.REJECTED, ErrorClass.UNKNOWN),
        (401, None, OutcomeStatus.RETRY, ErrorClass.AUTH),
        (403, None, OutcomeStatus.RETRY, ErrorClass.AUTH),
        (408, None, OutcomeStatus.IN_DOUBT, ErrorClass.UNAVAILABLE),
        (429, None, OutcomeStatus.RETRY, ErrorClass.THROTTLED),
        (500, None, OutcomeStatus.IN_DOUBT, ErrorClass.UNAVAILABLE),
        (503, {"error": {"code": "X"}}, OutcomeStatus.IN_DOUBT, ErrorClass.UNAVAILABLE),
    ],
)
async def test_every_answer_means_something(
    open_port: OpenPort,
    status: int,
    document: Any,
    expected: OutcomeStatus,
    error_class: ErrorClass | None,
) -> None:
    port = open_port(documented_options(URL), transport=answering(status, document).transport)

    (outcome,) = await port.post([posting()], soon())

    assert outcome.status is expected
    assert (outcome.error.error_class if outcome.error else None) is error_class
    assert (outcome.line is not None) == (expected is OutcomeStatus.POSTED)


@pytest.mark.parametrize(
    ("rule", "status", "expected"),
    [
        ({"status": [503], "class": "unavailable", "outcome": "retry"}, 503, OutcomeStatus.RETRY),
        ({"status": [409], "class": "duplicate", "outcome": "already_posted"}, 409, "already"),
        ({"when": "warning", "class": "rejected", "outcome": "in_doubt"}, 200, "in_doubt"),
    ],
)
async def test_a_rule_goes_before_what_a_status_means(
    open_port: OpenPort, rule: dict[str, Any], status: int, expected: str
) -> None:
    options = documented_options(URL, refusals={"rules": [rule]})
    network = answering(status, {"id": 17, "warning": True})

    (outcome,) = await open_port(options, transport=network.transport).post([posting()], soon())

    assert outcome.status.startswith(expected)


async def test_a_success_may_have_to_say_so(open_port: OpenPort) -> None:
    options = documented_options(URL)
    options["posting"] |= {"accepted": "ok", "example": '{"ok": true, "id": 1}'}
    options["posting"]["answer"] = {"external_id": "id"}
    network = answering(200, {"ok": False, "id": 1, "error": {"message": "It is Monday"}})

    (outcome,) = await open_port(options, transport=network.transport).post([posting()], soon())

    assert outcome.status is OutcomeStatus.REJECTED
    assert outcome.error is not None
    assert outcome.error.vendor_message == "It is Monday"


async def test_what_no_rule_covers_is_unknown_in_the_erps_words_without_the_narrative(
    open_port: OpenPort,
) -> None:
    said = f"<p>No way: {posting().narrative}</p>"
    network = Network(lambda _: Response(418, text=said))
    port = open_port(documented_options(URL), transport=network.transport)

    (outcome,) = await port.post([posting()], soon())

    error = outcome.error
    assert error is not None
    assert (outcome.status, error.error_class) == (OutcomeStatus.REJECTED, ErrorClass.UNKNOWN)
    assert (error.vendor_code, error.vendor_message) == ("http_418", "<p>No way: …</p>")


async def test_a_duplicate_is_shown_if_it_stands_there(open_port: OpenPort) -> None:
    line = {
        "id": 5,
        "reference": posting(1).posting_key,
        "company": "1",
        "employee": "E001",
        "date": "2026-11-16",
        "hours": 0.83,
    }

    def behaviour(request: Request) -> Response:
        if request.method == "POST":
            return Response(409, json={})
        there = request.url.params["reference"] == posting(1).posting_key
        return Response(200, json={"items": [line] if there else []})

    port = open_port(documented_options(URL), transport=Network(behaviour).transport)

    there, nowhere = await port.post([posting(1), posting(2)], soon())

    assert there.status is OutcomeStatus.ALREADY_POSTED
    assert there.line is not None
    assert there.line.external_id == "5"
    assert nowhere.status is OutcomeStatus.REJECTED
    assert nowhere.error is not None
    assert nowhere.error.error_class is ErrorClass.DUPLICATE


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response(200, json={"items": [{"id": 1}]}), UpstreamRefused),
        (Response(200, json={"items": None}), UpstreamRefused),
        (Response(404, json={}), UpstreamRefused),
        (Response(200, text="<html>"), UpstreamRefused),
        (Response(401), UpstreamRefused),
        (Response(429, headers={"Retry-After": "9"}), TooManyRequests),
        (Response(500), UpstreamUnavailable),
    ],
)
async def test_a_look_up_that_proves_nothing_is_a_problem(
    open_port: OpenPort, answer: Response, problem: type[Exception]
) -> None:
    network = Network(lambda _: answer)
    port = open_port(documented_options(URL), transport=network.transport)

    with pytest.raises(problem):
        await port.look_up([LookupItem(posting_key="a" * 64)])


async def test_lines_of_others_prove_that_the_query_is_ignored(open_port: OpenPort) -> None:
    other = {
        "id": 5,
        "reference": "b" * 64,
        "company": "1",
        "employee": "E001",
        "date": "2026-11-16",
        "hours": 0.83,
    }
    network = answering(200, {"items": [other]})
    options = documented_options(URL)
    item = LookupItem(posting_key="a" * 64)

    with pytest.raises(UpstreamRefused, match="lines that were not asked for"):
        await open_port(options, transport=network.transport).look_up([item])

    options["lookup"] = options["lookup"] | {"exact": False}
    found = await open_port(options, transport=network.transport).look_up([item])
    assert (found.lines, found.missing) == ([], ["a" * 64])


async def test_a_missing_line_may_be_a_404_where_that_is_configured(open_port: OpenPort) -> None:
    options = documented_options(URL)
    options["lookup"] |= {
        "path": "/hours/by/{posting_key}",
        "query": {},
        "missing_statuses": [404],
    }
    network = answering(404, {})

    found = await open_port(options, transport=network.transport).look_up(
        [LookupItem(posting_key="a" * 64)]
    )

    assert found.missing == ["a" * 64]
    assert network.requests[0].url.path == f"/hours/by/{'a' * 64}"


async def test_nothing_is_sent_when_nobody_knows_whether_it_stands_there(
    open_port: OpenPort,
) -> None:
    network = Network(lambda request: Response(500 if request.method == "GET" else 201, json={}))
    port = open_port(
        documented_options(URL, idempotency="marker_search"), transport=network.transport
    )

    (outcome,) = await port.post([posting()], soon())

    assert outcome.status is OutcomeStatus.RETRY
    assert {request.method for request in network.requests} == {"GET"}


@pytest.mark.parametrize("atomic", [True, False])
async def test_the_bad_line_of_a_refused_batch_is_found(open_port: OpenPort, atomic: bool) -> None:
    def behaviour(request: Request) -> Response:
        if request.method == "GET":
            return Response(200, json={"items": []})
        lines = json.loads(request.content)["lines"]
        if any(line["employee"] == "E999" for line in lines):
            return Response(422, json={"error": {"code": "UNKNOWN_EMPLOYEE"}})
        results = [
            {"reference": line["reference"], "status": 201, "line": {"id": 1}} for line in lines
        ]
        return Response(200, json={"results": results})

    network = Network(behaviour)
    options = documented_options(URL, idempotency="marker_search")
    options["batch"] = batch_options(atomic=atomic, recognises_keys=False)
    port = open_port(options, transport=network.transport)

    outcomes = await port.post(
        [posting(n, worker_id="E999" if n == 5 else "E001") for n in range(16)], soon()
    )

    bad = [n for n, each in enumerate(outcomes) if each.status is not OutcomeStatus.POSTED]
    assert bad == [5]
    assert outcomes[5].error is not None
    assert outcomes[5].error.error_class is ErrorClass.WORKER_MISSING


async def test_a_refused_batch_is_in_doubt_where_nothing_can_be_found_out(
    open_port: OpenPort,
) -> None:
    options = documented_options(URL, idempotency="none", lookup=None)
    options["batch"] = batch_options(recognises_keys=False)
    network = answering(400, {})

    outcomes = await open_port(options, transport=network.transport).post(
        [posting(1), posting(2)], soon()
    )

    assert {each.status for each in outcomes} == {OutcomeStatus.IN_DOUBT}
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("reference", "results", "expected"),
    [
        (None, [{"line": {"id": 1}}], ["in_doubt", "in_doubt"]),
        (None, [{"line": {"id": 1}}, {"line": {"id": 2}}], ["posted", "posted"]),
        ("r", [{"r": f"{2:064x}", "line": {"id": 2}}], ["in_doubt", "posted"]),
        ("r", [{"r": f"{1:064x}", "line": None}, {"r": f"{2:064x}"}], ["in_doubt", "in_doubt"]),
    ],
)
async def test_a_line_that_the_answer_leaves_out_is_in_doubt(
    open_port: OpenPort, reference: str | None, results: list[Any], expected: list[str]
) -> None:
    batch = batch_options(example='{"results": [{"r": "k", "status": 201, "line": {"id": 17}}]}')
    del batch["reference"], batch["status"]
    if reference:
        batch["reference"] = reference
    network = answering(200, {"results": results})
    port = open_port(documented_options(URL, batch=batch), transport=network.transport)

    outcomes = await port.post([posting(1), posting(2)], soon())

    assert [each.status.value for each in outcomes] == expected


async def test_lines_are_read_by_the_erps_id(open_port: OpenPort) -> None:
    line = {"id": 7, "company": "1", "employee": "E1", "date": "2026-11-16", "hours": 2}
    network = Network(
        lambda request: (
            Response(200, json=line) if request.url.path == "/hours/7" else Response(404)
        )
    )
    port = open_port(documented_options(URL), transport=network.transport)

    found = await port.read_lines(["7", "a/b"])

    assert [(each.external_id, each.minutes) for each in found.lines] == [("7", 120)]
    assert found.missing == ["a/b"]
    assert {request.url.raw_path for request in network.requests} == {b"/hours/7", b"/hours/a%2Fb"}


async def test_masters_are_read_until_a_page_is_empty(open_port: OpenPort) -> None:
    everyone = [{"id": n, "company": 1, "name": f"P{n}", "email": None} for n in range(7)]

    def behaviour(request: Request) -> Response:
        page = int(request.url.params["page"])
        return Response(200, json={"items": everyone[(page - 1) * 3 : page * 3]})

    network = Network(behaviour)
    port = open_port(documented_options(URL), transport=network.transport)
    names, cursor = [], None
    while True:
        page = await port.workers(cursor, 50, None)
        names += [worker.name for worker in page.items]
        if (cursor := page.next_cursor) is None:
            break

    assert names == [f"P{n}" for n in range(7)]
    assert [request.url.params["page"] for request in network.requests] == ["1", "2", "3", "4"]
    with pytest.raises(InvalidRequest):
        await port.workers("nonsense", 50, None)


async def test_an_erp_that_repeats_a_page_is_not_read_for_ever(open_port: OpenPort) -> None:
    network = answering(200, {"items": [{"id": 1, "company": 1, "name": "P"}]})
    port = open_port(documented_options(URL), transport=network.transport)
    first = await port.workers(None, 50, None)

    with pytest.raises(UpstreamRefused, match="repeats a page"):
        await port.workers(first.next_cursor, 50, None)


@pytest.mark.parametrize(
    ("paging", "second"),
    [
        ({"style": "offset", "parameter": "from"}, {"from": "1"}),
        ({"style": "cursor", "parameter": "after", "following": "next"}, {"after": "c2"}),
    ],
)
async def test_other_ways_of_paging(
    open_port: OpenPort, paging: dict[str, str], second: dict[str, str]
) -> None:
    options = documented_options(URL)
    options["masters"]["clients"] = options["masters"]["clients"] | {"paging": paging}
    network = answering(200, {"items": [{"id": "C", "name": "N"}], "next": "c2"})
    port = open_port(options, transport=network.transport)

    page = await port.clients(None, 50, None)
    with pytest.raises(UpstreamRefused):
        await port.clients(page.next_cursor, 50, None)

    assert dict(network.requests[1].url.params) == second


async def test_masters_in_our_words_and_lists_that_are_not_configured(open_port: OpenPort) -> None:
    project = {"id": 1, "company": 1, "code": "HR-1", "name": "Roof", "closed": True}
    network = answering(200, {"items": [project]})
    options = documented_options(URL)
    del options["masters"]["periods"]
    port = open_port(options, transport=network.transport)

    (read,) = (await port.projects(None, 50, None)).items
    entities = await port.legal_entities(None, 50, None)

    assert (read.external_id, read.status, read.client_id) == ("1", MasterStatus.CLOSED, None)
    assert (await port.periods(None, 50, None)).items == []
    assert [each.code for each in entities.items] == ["US01"]


async def test_abilities_are_what_is_configured(open_port: OpenPort) -> None:
    full = await open_port(documented_options(URL)).abilities()
    bare = await open_port(
        documented_options(URL, idempotency="none", lookup=None, reading=None)
    ).abilities()

    assert (full.idempotency, full.lookup, full.readback, full.settle_seconds) == (
        Idempotency.NATIVE_REPLAY,
        True,
        True,
        30,
    )
    assert (bare.idempotency, bare.lookup, bare.readback) == (Idempotency.NONE, False, False)


async def test_the_rate_is_kept(open_port: OpenPort) -> None:
    network = answering(201, {"id": 1})
    options = documented_options(URL, requests_per_second=100)
    started = soon()

    await open_port(options, transport=network.transport).post(
        [posting(n) for n in range(11)], started
    )

    assert (soon() - started).total_seconds() >= 0.1
