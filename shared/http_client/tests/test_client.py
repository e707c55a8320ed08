"""The client against real sockets: what was certainly not sent, and what perhaps was."""

import asyncio

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import format_trace_id

from shared.http_client import (
    HttpClient,
    MockTransport,
    NoAnswer,
    NotSent,
    ReadUnanswered,
    Request,
    Response,
)
from shared.http_client.tests.servers import (
    Conversation,
    answering,
    free_port,
    hang_up,
    read_request,
    reset,
    server,
    stay_silent,
)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_refused_port_means_not_sent(method: str) -> None:
    async with HttpClient(f"http://127.0.0.1:{free_port()}", name="Tryton") as client:
        with pytest.raises(NotSent) as caught:
            await client.request(method, "/postings?token=hidden")
    assert caught.value.kind == "retryable"
    assert "Tryton" in caught.value.detail
    assert "hidden" not in caught.value.detail


async def test_an_unknown_name_means_not_sent() -> None:
    async with HttpClient("http://nowhere.invalid", name="Tryton") as client:
        with pytest.raises(NotSent):
            await client.post("/postings", json={})


@pytest.mark.parametrize("address", ["ftp://user:hidden@host/x", "http://host:hidden/x", "no-host"])
async def test_an_impossible_address_means_not_sent_and_is_not_quoted(address: str) -> None:
    async with HttpClient(name="Tryton") as client:
        with pytest.raises(NotSent) as caught:
            await client.post(address, json={})
    assert "hidden" not in caught.value.detail


async def test_a_silent_server_leaves_the_outcome_of_a_write_unknown() -> None:
    async with server(stay_silent) as address, HttpClient(address, name="Tryton") as client:
        with pytest.raises(NoAnswer) as caught:
            await client.post("/postings?key=hidden", json={}, timeout=0.2)
    assert caught.value.kind == "outcome_unknown"
    assert caught.value.status == 504
    assert "hidden" not in caught.value.detail


async def test_a_silent_server_makes_a_read_retryable() -> None:
    async with server(stay_silent) as address, HttpClient(address, name="Tryton") as client:
        with pytest.raises(ReadUnanswered) as caught:
            await client.get("/periods", timeout=0.2)
    assert isinstance(caught.value, NoAnswer)
    assert caught.value.kind == "retryable"
    assert caught.value.status == 502


@pytest.mark.parametrize(("ending", "reason"), [(reset, "ReadError"), (hang_up, "RemoteProtocol")])
async def test_a_connection_that_ends_after_the_request_leaves_the_outcome_unknown(
    ending: Conversation, reason: str
) -> None:
    async with server(ending) as address, HttpClient(address, name="Tryton") as client:
        with pytest.raises(NoAnswer, match=reason):
            await client.post("/postings", json={"minutes": 90})


async def test_a_kept_alive_connection_that_dies_as_we_send_leaves_the_outcome_unknown() -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await read_request(reader)

    async with server(answer_once) as address, HttpClient(address, name="Tryton") as client:
        assert (await client.post("/postings", json={})).status_code == 200
        with pytest.raises(NoAnswer):
            await client.post("/postings", json={})


async def test_a_server_that_drips_is_ended_by_the_deadline() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing() and not reader.at_eof():
            writer.write(b".")
            await asyncio.sleep(0.05)

    async with (
        server(drip) as address,
        HttpClient(address, name="Tryton", timeout=5, deadline_seconds=0.3) as client,
    ):
        with pytest.raises(NoAnswer):
            await client.post("/postings", json={})


async def test_a_read_is_tried_again_after_503() -> None:
    seen: list[bytes] = []
    unsteady = answering(503, 200, seen=seen)
    async with server(unsteady) as address, HttpClient(address, name="Tryton") as client:
        answer = await client.get("/periods")
    assert answer.status_code == 200
    assert len(seen) == 2


async def test_a_write_is_never_tried_again() -> None:
    seen: list[bytes] = []
    unsteady = answering(503, 200, seen=seen)
    async with server(unsteady) as address, HttpClient(address, name="Tryton") as client:
        answer = await client.post("/postings", json={})
    assert answer.status_code == 503
    assert len(seen) == 1


async def test_a_look_up_by_post_may_be_tried_again_and_the_last_answer_is_given() -> None:
    seen: list[bytes] = []
    unsteady = answering(503, seen=seen)
    async with server(unsteady) as address, HttpClient(address, name="Tryton") as client:
        answer = await client.post("/postings/lookup", json={}, idempotent=True)
    assert answer.status_code == 503
    assert len(seen) == 3


async def test_a_server_that_asks_for_a_long_pause_is_not_pressed() -> None:
    seen: list[bytes] = []
    busy = answering(503, seen=seen, headers="Retry-After: 30\r\n")
    async with server(busy) as address, HttpClient(address, name="Tryton") as client:
        assert (await client.get("/periods")).headers["retry-after"] == "30"
    assert len(seen) == 1


async def test_a_redirect_is_handed_over_and_not_followed() -> None:
    def elsewhere(request: Request) -> Response:
        return Response(302, headers={"Location": "http://other.example/"})

    async with HttpClient("http://a.example", name="a", transport=MockTransport(elsewhere)) as c:
        assert (await c.get("/")).status_code == 302


async def test_the_trace_is_handed_on_over_an_injected_transport_too() -> None:
    seen: list[str] = []

    def note(request: Request) -> Response:
        seen.append(request.headers["traceparent"])
        assert request.headers["x-own"] == "1"
        return Response(200)

    tracer = TracerProvider().get_tracer("test")
    async with HttpClient("http://a.example", name="a", transport=MockTransport(note)) as client:
        with tracer.start_as_current_span("work") as span:
            await client.get("/", headers={"X-Own": "1"})
    assert format_trace_id(span.get_span_context().trace_id) in seen[0]
