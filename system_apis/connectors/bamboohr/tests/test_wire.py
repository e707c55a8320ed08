"""Odd answers at the wire, and deliveries."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from deploy.sandboxes.bamboohr import signed_delivery
from shared.http_client import Request, Response
from shared.problems import TooManyRequests, Unauthenticated, UpstreamRefused, UpstreamUnavailable
from shared.values import FixedClock
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.connectors.bamboohr.tests.conftest import WEBHOOK_KEY, port_answering

CLOCK = FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC))
NOW = CLOCK.now()


async def test_the_request_is_as_the_documentation_says() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        row = {"employeeId": "7", "firstName": "A", "status": "Active"}
        meta = {"total": 1, "page": {"nextCursor": None}}
        return Response(200, json={"data": [row], "meta": meta})

    page = await port_answering(answer, CLOCK).workers(None, 50, None)

    assert asked[0].url.path == "/api/v1/employees"
    assert asked[0].url.params["page[limit]"] == "50"
    assert "workEmail" in asked[0].url.params["fields"].split(",")
    assert asked[0].headers["authorization"] == "Basic YmFtYm9vLWtleTp4"
    assert page.items[0].name == "A"


@pytest.mark.parametrize(
    ("answer", "problem", "code"),
    [
        (Response(403), UpstreamRefused, "bamboohr_not_allowed"),
        (Response(404), UpstreamRefused, "bamboohr_request_refused"),
        (Response(400, json={"error": "odd"}), UpstreamRefused, "bamboohr_request_refused"),
        (Response(200, html="<p>Hello Ada</p>"), UpstreamRefused, "bamboohr_answer_not_understood"),
        (Response(429, headers={"Retry-After": "17"}), TooManyRequests, "too_many_requests"),
        (Response(503, headers={"Retry-After": "23"}), UpstreamUnavailable, "upstream_unavailable"),
    ],
)
async def test_refusals_say_who_acts(
    answer: Response, problem: type[UpstreamRefused], code: str
) -> None:
    port = port_answering(lambda _: answer, CLOCK)

    for call in (port.workers, port.assignments, port.org_units):
        with pytest.raises(problem) as caught:
            await call(None, 10, None)
        assert caught.value.code == code
        assert "Ada" not in caught.value.detail
    wait = answer.headers.get("Retry-After")
    assert caught.value.retry_after == (int(wait) if wait else None)


async def test_without_the_list_of_departments_absence_means_nothing() -> None:
    page = await port_answering(lambda _: Response(200, json=[]), CLOCK).org_units(None, 9, None)

    assert (page.items, page.complete) == ([], False)


async def test_rows_of_nobody_are_faulty() -> None:
    def answer(request: Request) -> Response:
        if request.url.path.endswith("/jobInfo"):
            return Response(200, json=[{"date": "2024-01-01"}, "no row"])
        return Response(200, json=[])

    page = await port_answering(answer, CLOCK).assignments(None, 10, None)

    assert [each.reason for each in page.faulty] == [
        "the employee is not in the list",
        "date: is missing or no date",
    ]
    assert page.next_cursor is None


@pytest.mark.parametrize("field_based", [False, True])
@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("employee.created", "CHANGED"),
        ("employee.updated", "CHANGED"),
        ("employee.deleted", "DELETED"),
    ],
)
def test_a_signed_delivery_tells_who_changed(event: str, change: str, field_based: bool) -> None:
    headers, body = signed_delivery(WEBHOOK_KEY, event, 17, NOW, field_based=field_based)  # type: ignore[arg-type]
    port = port_answering(lambda _: Response(500), CLOCK)

    lower = {name.lower(): value for name, value in headers.items()}
    port.verify_webhook(lower, body)
    (told,) = port.parse_webhook(lower, body)

    assert (told.domain, told.subject, told.change) == ("workers", "17", change)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "another key"},
        {"at": NOW - timedelta(minutes=6)},
        {"at": NOW + timedelta(minutes=6)},
        {"tampered": True},
        {"timestamp": ""},
        {"timestamp": "now"},
        {"timestamp": "9" * 30},
        {"signature": "é"},
    ],
)
def test_what_is_not_proven_is_refused(change: dict[str, object]) -> None:
    key, at = str(change.get("key", WEBHOOK_KEY)), change.get("at", NOW)
    assert isinstance(at, datetime)
    headers, body = signed_delivery(key, "employee.updated", 17, at)
    lower = {name.lower(): value for name, value in headers.items()}
    for name in ("timestamp", "signature"):
        if name in change:
            lower[f"x-bamboohr-{name}"] = str(change[name])
    if change.get("tampered"):
        body = body.replace(b"17", b"18")

    with pytest.raises(Unauthenticated):
        port_answering(lambda _: Response(500), CLOCK).verify_webhook(lower, body)


def test_without_a_key_nothing_is_taken() -> None:
    headers, body = signed_delivery("", "employee.updated", 17, NOW)
    port = port_answering(lambda _: Response(500), CLOCK, webhook_keys=[])

    with pytest.raises(Unauthenticated):
        port.verify_webhook({name.lower(): value for name, value in headers.items()}, body)
    assert not port.abilities().webhooks


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"type": "employee.updated"}', json.dumps({"employees": [{"id": ""}]}).encode()],
)
def test_what_is_no_delivery_is_said_without_its_words(body: bytes) -> None:
    with pytest.raises(UnreadableWebhook) as refusal:
        port_answering(lambda _: Response(500), CLOCK).parse_webhook({}, body)

    assert refusal.value.__context__ is None
