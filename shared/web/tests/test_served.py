"""Behind the real server: what a tracker meets over the network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from shared.http_client import HttpClient
from shared.web import WebSettings, wait_until_started
from shared.web.tests.sheets import make_api


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[tuple[str, int]]:
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1)
    )
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield host, port
    finally:
        server.should_exit = True
        await running


async def test_connections_are_accepted_while_the_tier_starts() -> None:
    may_start = asyncio.Event()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await may_start.wait()
        yield

    app = make_api(lifespan=lifespan)
    async with (
        served(app) as (host, port),
        HttpClient(f"http://{host}:{port}", name="api") as client,
    ):
        early = await client.post("/v1/sheets/raw", content=b"x")
        may_start.set()
        await wait_until_started(app)
        later = await client.post("/v1/sheets/raw", content=b"x")
    assert (early.status_code, early.headers["retry-after"]) == (503, "2")
    assert later.status_code == 200


async def test_an_endless_body_is_cut_off() -> None:
    async with served(make_api(WebSettings(max_body_bytes=100_000))) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(
            b"POST /v1/sheets/raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"2710\r\n" + b"x" * 10_000 + b"\r\n"
        for _ in range(15):
            writer.write(chunk)
        await writer.drain()
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
        await writer.wait_closed()
    assert head.startswith(b"HTTP/1.1 413")


async def test_a_body_announced_too_large_is_refused_before_any_of_it_is_sent() -> None:
    async with served(make_api()) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST /v1/sheets/raw HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
        await writer.wait_closed()
    assert head.startswith(b"HTTP/1.1 413")


async def test_two_content_lengths_and_other_smuggling_are_refused_by_the_server() -> None:
    async with served(make_api()) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(
            b"POST /v1/sheets/raw HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
        await writer.wait_closed()
    assert head.startswith(b"HTTP/1.1 400")
