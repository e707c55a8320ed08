"""Just enough of HTTP/1.1 to be fast and to hang up at will.

A web framework would take longer over a request than the connector that is measured against it,
and none of them lets a handler drop the connection after it has acted.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_HEAD_END = b"\r\n\r\n"
_REASONS = {200: "OK", 201: "Created", 404: "Not Found", 422: "Unprocessable Content"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """
        :raises ValueError: it is no JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    :param delay: seconds until it is sent.
    :param dropped: hang up instead of answering.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    dropped: bool = False


Answer = Callable[[Call], Reply]


def in_json(status: int, document: Any, **more: Any) -> Reply:
    """An answer that is a document."""
    return Reply(status, json.dumps(document, separators=(",", ":")).encode(), **more)


class HttpProtocol(asyncio.Protocol):
    """One connection: a request at a time, kept alive until the other side hangs up.

    :param connected: transports that are open, for whoever ends the server.
    """

    def __init__(self, answer: Answer, connected: set[asyncio.Transport]) -> None:
        self._answer = answer
        self._connected = connected
        self._received = b""
        self._is_answering = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("this protocol needs a stream")
        self._transport = transport
        self._connected.add(transport)

    def connection_lost(self, _: Exception | None) -> None:
        if self._transport is not None:
            self._connected.discard(self._transport)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_answering:
            self._take_request()

    def _take_request(self) -> None:
        end = self._received.find(_HEAD_END)
        if end < 0:
            return
        request_line, *header_lines = self._received[:end].decode("latin-1").split("\r\n")
        headers = dict(_header(line) for line in header_lines)
        start = end + len(_HEAD_END)
        length = int(headers.get("content-length", "0"))
        if len(self._received) < start + length:
            return
        body = self._received[start : start + length]
        self._received = self._received[start + length :]
        method, target, _ = request_line.split(" ", 2)
        split = urlsplit(target)
        query = dict(parse_qsl(split.query))
        reply = self._answer(Call(method, unquote(split.path), query, headers, body))
        self._is_answering = True
        if reply.delay:
            asyncio.get_running_loop().call_later(reply.delay, self._send, reply)
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        if self._transport is None:
            return
        if reply.dropped:
            self._transport.abort()
            return
        more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        reason = _REASONS.get(reply.status, "-")
        head = (
            f"HTTP/1.1 {reply.status} {reason}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(reply.body)}\r\n{more}\r\n"
        )
        self._transport.write(head.encode() + reply.body)
        self._is_answering = False
        if self._received:
            self._take_request()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()
