"""Connections are used again where that is safe, and never where it is not."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.http_client import HttpClient, Limits, NoAnswer, NotSent
from shared.http_client.tests.servers import Conversation, read_request, server

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def counting(calls: list[int], answer: bytes = _OK, pause: float = 0.0) -> Conversation:
    """Answers whoever connects, and notes how many requests came over each connection."""

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = len(calls)
        calls.append(0)
        while True:
            await read_request(reader)
            calls[place] += 1
            await asyncio.sleep(pause)
            writer.write(answer)

    return conversation


async def test_requests_one_after_the_other_share_a_connection() -> None:
    calls: list[int] = []
    async with server(counting(calls)) as address, HttpClient(address, name="erp") as client:
        for _ in range(3):
            assert (await client.post("/postings", json={})).text == "ok"
    assert calls == [3]


async def test_requests_at_a_time_have_a_connection_each_up_to_the_limit() -> None:
    calls: list[int] = []
    slow = counting(calls, pause=0.05)
    async with (
        server(slow) as address,
        HttpClient(address, name="erp", limits=Limits(max_connections=3)) as client,
    ):
        await asyncio.gather(*(client.post("/postings", json={}) for _ in range(9)))
    assert len(calls) == 3
    assert sum(calls) == 9


async def test_waiting_for_a_connection_in_vain_means_not_sent() -> None:
    calls: list[int] = []
    async with (
        server(counting(calls, pause=0.5)) as address,
        HttpClient(address, name="erp", limits=Limits(max_connections=1), timeout=0.1) as client,
    ):
        first = asyncio.create_task(client.post("/postings", json={}, timeout=5))
        await asyncio.sleep(0)
        with pytest.raises(NotSent, match="PoolTimeout"):
            await client.post("/postings", json={})
        await first
    assert calls == [1]


async def test_a_connection_that_was_idle_for_too_long_is_not_used_again() -> None:
    calls: list[int] = []
    brief = Limits(max_connections=5, keepalive_expiry=0.05)
    async with (
        server(counting(calls)) as address,
        HttpClient(address, name="erp", limits=brief) as client,
    ):
        await client.post("/postings", json={})
        await asyncio.sleep(0.1)
        await client.post("/postings", json={})
    assert calls == [1, 1]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        # More than was asked for: whoever reads it later would take it for his own answer.
        _OK + _OK,
        _OK + b"<html>",
    ],
)
async def test_a_connection_that_cannot_be_trusted_is_not_used_again(answer: bytes) -> None:
    calls: list[int] = []
    async with (
        server(counting(calls, answer)) as address,
        HttpClient(address, name="erp") as client,
    ):
        for _ in range(2):
            assert (await client.post("/postings", json={})).text == "ok"
    assert calls == [1, 1]


async def test_words_that_nobody_asked_for_end_an_idle_connection() -> None:
    spoken = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(_OK)
        await asyncio.sleep(0.05)
        if not spoken.is_set():
            writer.write(b"HTTP/1.1 500 Mine\r\nContent-Length: 0\r\n\r\n")
            spoken.set()
        await reader.read()

    async with server(talk) as address, HttpClient(address, name="erp") as client:
        assert (await client.post("/postings", json={})).status_code == 200
        await spoken.wait()
        assert (await client.post("/postings", json={})).status_code == 200


async def test_a_connection_that_the_server_closed_is_noticed_before_anything_is_sent() -> None:
    calls: list[int] = []
    closed = asyncio.Event()

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        calls.append(1)
        writer.write(_OK)
        await writer.drain()
        writer.close()
        closed.set()

    async with server(answer_once) as address, HttpClient(address, name="erp") as client:
        await client.post("/postings", json={})
        await closed.wait()
        await client.post("/postings", json={})
    assert calls == [1, 1]


async def test_a_close_that_the_busy_loop_has_not_seen_yet_is_noticed_too() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    calls: list[bytes] = []

    def answer_once_each() -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            calls.append(connection.recv(10_000))
            connection.sendall(_OK)
            connection.close()

    with ThreadPoolExecutor(1) as beside, listening:
        serving = beside.submit(answer_once_each)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with HttpClient(address, name="erp") as client:
            await client.post("/postings", json={})
            time.sleep(0.1)  # noqa: ASYNC251  a loop that is busy with something else
            assert (await client.post("/postings", json={})).status_code == 200
        serving.result(timeout=5)
    assert len(calls) == 2


async def test_the_answer_to_a_caller_who_gave_up_is_nobody_elses() -> None:
    async def answer_by_path(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            path = (await read_request(reader)).split(b" ")[1]
            await asyncio.sleep(0.2 if path == b"/first" else 0)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))

    async with (
        server(answer_by_path) as address,
        HttpClient(address, name="erp", limits=Limits(max_connections=1)) as client,
    ):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.post("/first", json={})
        assert (await client.post("/second", json={})).text == "/second"


async def test_a_caller_who_gives_up_leaves_no_connection_open() -> None:
    left = asyncio.Event()

    async def wait_for_the_end(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()
        left.set()

    async with server(wait_for_the_end) as address, HttpClient(address, name="erp") as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.post("/postings", json={})
        await asyncio.wait_for(left.wait(), 2)


async def test_an_answer_before_the_whole_request_was_sent_ends_the_connection() -> None:
    calls: list[int] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        calls.append(1)
        writer.write(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    async with server(refuse) as address, HttpClient(address, name="erp", timeout=5) as client:
        for _ in range(2):
            answer = await client.post("/postings", content=b"x" * 20_000_000)
            assert answer.status_code == 413
    assert calls == [1, 1]


async def test_a_request_that_is_not_taken_leaves_the_outcome_unknown() -> None:
    done = asyncio.Event()

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader, writer
        await done.wait()

    async with server(ignore) as address, HttpClient(address, name="erp", timeout=0.2) as client:
        with pytest.raises(NoAnswer, match="WriteTimeout"):
            await client.post("/postings", content=b"x" * 20_000_000)
        done.set()
