"""A proxy before a server that loses, delays and refuses on demand, and remembers every call.

It stands before the ERP, or between two tiers. It understands just enough of HTTP to strike one
kind of call, by HTTP's verb, or by the method that JSON-RPC names in the body. Each request gets a
connection of its own, so that no fault hits two calls.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_LONGEST_ANSWER_SECONDS = 60.0
# Below the times in which an ERP has to settle, for it is the ERP that seems slow.
_DELAY_SECONDS = 1.0
ANY = "*"


class Fault(StrEnum):
    """What happens to a call."""

    RESET_BEFORE = "reset before the ERP has heard of it"
    RESET_AFTER = "reset after the ERP has answered"
    HOLD = "the ERP has answered, and the answer is kept back"
    DELAY = "passed on late"
    DELAY_ANSWER = "answered late"
    TOO_MANY = "429 before the ERP has heard of it"
    ERROR_BEFORE = "500 before the ERP has heard of it"
    ERROR_AFTER = "500 after the ERP has answered"
    GARBAGE = "a page nobody asked for, after the ERP has answered"


def _answered(status: str, more: str = "") -> bytes:
    page = "<html>Something is in the way</html>"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n{more}"
    return f"{head}Connection: close\r\n\r\n{page}".encode()


_INSTEAD = {
    Fault.TOO_MANY: _answered("429 Too Many Requests", "Retry-After: 1\r\n"),
    Fault.ERROR_BEFORE: _answered("500 Internal Server Error"),
}
_AFTERWARDS = {
    Fault.ERROR_AFTER: _answered("500 Internal Server Error"),
    Fault.GARBAGE: _answered("200 OK"),
}


@dataclass(frozen=True)
class Call:
    """A call as it arrived. `fault`: what was done to it."""

    method: str
    traceparent: str | None
    fault: Fault | None


@dataclass(frozen=True)
class _Request:
    method: str
    traceparent: str | None
    content: bytes


class FaultProxy:
    """Listens on a port of 127.0.0.1 and passes everything on to another.

    Faults are counted: they strike the next calls of a method, then everything is well again.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.calls: list[Call] = []
        self._faults: list[tuple[str, Fault]] = []
        self._released = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def strike(self, method: str, fault: Fault, times: int = 1) -> None:
        """Have the next calls of this method fail; of `ANY`, those that none of its own strikes."""
        self._faults += [(method, fault)] * times

    @property
    def is_calm(self) -> bool:
        """Whether nothing is left to strike."""
        return not self._faults

    def struck(self, fault: Fault) -> int:
        """How many calls a fault has hit."""
        return sum(call.fault is fault for call in self.calls)

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def release(self) -> None:
        """Send what was kept back, if its caller still listens."""
        self._loop.call_soon_threadsafe(self._let_go)

    def calm(self) -> None:
        """No faults any more."""
        self._faults.clear()
        self.release()

    def refuse(self) -> None:
        """Nobody listens any more: connections are refused."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    def accept(self) -> None:
        """Listen again."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()

    def _let_go(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, sock=self._listener)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _end(self) -> None:
        await self._close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            request = await _read_request(reader)
            fault = self._fault_for(request.method)
            self.calls.append(Call(request.method, request.traceparent, fault))
            if fault is Fault.RESET_BEFORE:
                return _reset(writer)
            try:
                answer = await self._answer(request, fault)
            except (ConnectionError, asyncio.IncompleteReadError):
                return _reset(writer)  # it died; so does whoever is asked in its place
            if fault is Fault.RESET_AFTER:
                return _reset(writer)
            writer.write(answer)
            await writer.drain()
        writer.close()
        return None

    async def _answer(self, request: _Request, fault: Fault | None) -> bytes:
        if fault in _INSTEAD:
            return _INSTEAD[fault]
        released = self._released
        if fault is Fault.DELAY:
            await asyncio.sleep(_DELAY_SECONDS)
        answer = await self._ask(request)
        if fault is Fault.HOLD:
            await asyncio.wait_for(released.wait(), _LONGEST_ANSWER_SECONDS)
        if fault is Fault.DELAY_ANSWER:
            await asyncio.sleep(_DELAY_SECONDS)
        return _AFTERWARDS.get(fault, answer) if fault else answer

    async def _ask(self, request: _Request) -> bytes:
        """The whole answer, and that nothing else comes on this connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        try:
            writer.write(request.content)
            await writer.drain()
            return await asyncio.wait_for(_read_answer(reader), _LONGEST_ANSWER_SECONDS)
        finally:
            writer.close()

    def _fault_for(self, method: str) -> Fault | None:
        for index, (struck, fault) in enumerate(self._faults):
            if struck in (method, ANY):
                del self._faults[index]
                return fault
        return None

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def fault_proxy(target_port: int) -> Iterator[FaultProxy]:
    """A proxy that serves inside the block; nothing has to listen at its target yet."""
    proxy = FaultProxy(target_port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


async def _read_answer(reader: asyncio.StreamReader) -> bytes:
    """Some servers keep the connection open although they were asked to close it."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    body = await (reader.readexactly(int(length[1])) if length else reader.read(-1))
    return _closing(head) + body


def _closing(head: bytes) -> bytes:
    head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
    return head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


async def _read_request(reader: asyncio.StreamReader) -> _Request:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    body = await reader.readexactly(int(length[1])) if length else b""
    trace = re.search(rb"(?i)\r\ntraceparent: *([^\r]+)", head)
    return _Request(
        _method(head, body), trace[1].decode() if trace else None, _closing(head) + body
    )


def _method(head: bytes, body: bytes) -> str:
    verb = head.split(b" ", 1)[0].decode()
    try:
        called: Any = json.loads(body)
    except ValueError:
        return verb
    return str(called.get("method", verb)) if isinstance(called, dict) else verb


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of FIN, as a machine does that has forgotten the connection."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()
