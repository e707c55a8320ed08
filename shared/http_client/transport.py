"""The way of requests over the network: few steps, and connections that are used again.

httpcore, which httpx2 brings along, costs three times what the rest of a call does: its pool looks
at every connection for every request, and its streams are many small steps. Calls between tiers,
and lines that are posted one by one, are most of what Timepost does, so they go this way. What it
leaves out: HTTP/2, and bodies that are streamed. Where the environment names a proxy
(`HTTPS_PROXY` and its like), httpx2's own transport is used for the addresses it is meant for.
"""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from urllib.request import getproxies, proxy_bypass

import httpx2

from shared.http_client.connection import Connection, connect

_PORTS = {"http": 80, "https": 443}

_Key = tuple[str, str, int | None]


@dataclass
class _Origin:
    """One server: connections that wait for the next request, the one used last to the right."""

    host: str
    port: int
    context: ssl.SSLContext | None
    proxied: httpx2.AsyncHTTPTransport | None
    idle: deque[Connection] = field(default_factory=deque)


class DirectTransport(httpx2.AsyncBaseTransport):
    """Sends requests on connections of its own.

    :param limits: of connections at a time, and how long an idle one is kept.
    """

    def __init__(self, limits: httpx2.Limits) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.max_connections or 100)
        self._origins: dict[_Key, _Origin] = {}
        self._context: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """
        :raises httpx2.TransportError: see :mod:`shared.http_client.errors` for what each proves.
        """
        url = request.url
        key = (url.scheme, url.host, url.port)
        origin = self._origins.get(key) or self._new_origin(key)
        if origin.proxied is not None:
            return await origin.proxied.handle_async_request(request)
        head, body = head_of(request), await request.aread()
        timeouts = request.extensions.get("timeout", {})
        await self._take_slot(timeouts.get("pool"))
        try:
            connection = self._idle_one(origin)
            if connection is None:
                patience = timeouts.get("connect")
                connection = await connect(origin.host, origin.port, origin.context, patience)
            answer = await connection.exchange(
                head, body, timeouts, may_have_body=request.method != "HEAD"
            )
            self._keep(connection, origin)
        finally:
            self._slots.release()
        return httpx2.Response(
            answer.status,
            headers=answer.headers,
            content=b"".join(answer.body),
            extensions={
                "http_version": f"HTTP/{answer.version}".encode(),
                "reason_phrase": answer.reason,
            },
        )

    async def aclose(self) -> None:
        """Close all connections that are idle."""
        origins = list(self._origins.values())
        self._origins.clear()
        idle = [connection for origin in origins for connection in origin.idle]
        for connection in idle:
            connection.close()
        # Their sockets are closed in the loop's next turns; it may be about to end.
        await asyncio.gather(*(connection.lost for connection in idle))
        for origin in origins:
            if origin.proxied is not None:
                await origin.proxied.aclose()

    def _new_origin(self, key: _Key) -> _Origin:
        scheme, host, port = key
        if scheme not in _PORTS or not host:
            raise httpx2.UnsupportedProtocol("neither http:// nor https://")
        proxy = _proxy_for(scheme, host)
        origin = _Origin(
            host,
            port or _PORTS[scheme],
            self._tls() if scheme == "https" else None,
            httpx2.AsyncHTTPTransport(proxy=proxy, limits=self._limits) if proxy else None,
        )
        self._origins[key] = origin
        return origin

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = httpx2.create_ssl_context()
        return self._context

    async def _take_slot(self, patience: float | None) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout(patience):
                await self._slots.acquire()
        except TimeoutError:
            raise httpx2.PoolTimeout("every connection is in use") from None

    def _idle_one(self, origin: _Origin) -> Connection | None:
        """The connection that was used last: the others may grow old and be closed."""
        expiry = self._limits.keepalive_expiry
        oldest = asyncio.get_running_loop().time() - (expiry if expiry is not None else 1e9)
        while origin.idle and origin.idle[0].idle_since < oldest:
            origin.idle.popleft().close()
        while origin.idle:
            connection = origin.idle.pop()
            if connection.is_open and not connection.has_news():
                return connection
            connection.close()
        return None

    def _keep(self, connection: Connection, origin: _Origin) -> None:
        if connection.is_open:
            connection.idle_since = asyncio.get_running_loop().time()
            origin.idle.append(connection)


def head_of(request: httpx2.Request) -> bytes:
    """The request up to its body.

    :raises httpx2.LocalProtocolError: a line break would begin a header that nobody wrote, or the
        size of the body is not known.
    """
    if "transfer-encoding" in request.headers:
        raise httpx2.LocalProtocolError("bodies are not streamed here")
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    head = b"\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise httpx2.LocalProtocolError("a header holds a line break")
    return head + b"\r\n\r\n"


def _proxy_for(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for this server, in the words of every other tool."""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    return None if proxy is None or proxy_bypass(host) else proxy
