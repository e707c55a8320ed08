"""One connection of ours: a request, its answer, then perhaps the next."""

import asyncio
import select
import ssl
from collections.abc import Mapping
from typing import cast

import httpx2

from shared.http_client.answers import Answer, AnswerReader

_SMALL_BODY = 64 * 1024


class Connection(asyncio.Protocol):
    """Made by :func:`connect`; `is_open` tells whether another request may be sent.

    Whatever goes wrong closes it, a caller that gives up included: the rest of an answer must
    never be taken for the next one.
    """

    def __init__(self) -> None:
        self.is_open = False
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._reader = AnswerReader()
        self._transport: asyncio.Transport | None = None
        self._poll = select.poll()
        self._answered: asyncio.Future[Answer] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._heard_at = 0.0
        self._watch: asyncio.TimerHandle | None = None

    async def exchange(
        self,
        head: bytes,
        body: bytes,
        timeouts: Mapping[str, float | None],
        *,
        may_have_body: bool = True,
    ) -> Answer:
        """Send a request and give its answer.

        :param timeouts: seconds by phase, as httpx2 names them; `read` is between two pieces.
        :param may_have_body: whether the answer may; false for HEAD.
        :raises httpx2.TransportError: no whole answer came.
        """
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self._answered = answered
        self._reader.expect(may_have_body=may_have_body)
        self._write(head, body)
        try:
            if self._drained is not None:
                await self._drain(self._drained, timeouts.get("write"))
            patience = timeouts.get("read")
            if patience is not None:
                self._heard_at = self._loop.time()
                self._watch = self._loop.call_later(patience, self._look, patience)
            return await answered
        except BaseException:
            self.close()
            raise
        finally:
            self._answered = None
            if self._watch is not None:
                self._watch.cancel()

    def has_news(self) -> bool:
        """Whether something waits to be read: of an idle connection, that its server closed it."""
        return bool(self._poll.poll(0))

    def close(self) -> None:
        """At once, whatever is on its way."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: uvloop's transports are no asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._answered is None:
            self.close()  # nobody has asked
            return
        self._heard_at = self._loop.time()
        try:
            answer = self._reader.feed(data)
        except httpx2.RemoteProtocolError as error:
            self._fail(error)
            return
        if answer is not None:
            self._conclude(answer)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if not self.lost.done():
            self.lost.set_result(None)
        if error is not None:
            self._fail(httpx2.ReadError(type(error).__name__))
        elif answer := self._reader.end():
            self._conclude(answer)
        else:
            self._fail(httpx2.RemoteProtocolError("it closed without a whole answer"))

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    # Inside.

    def _write(self, head: bytes, body: bytes) -> None:
        transport = self._transport
        if transport is None or not self.is_open:
            raise httpx2.ConnectError("the connection is closed")
        if len(body) < _SMALL_BODY:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)

    async def _drain(self, drained: asyncio.Future[None], patience: float | None) -> None:
        """Until what was written has left, or the answer is here already."""
        try:
            async with asyncio.timeout(patience):
                await drained
        except TimeoutError:
            raise httpx2.WriteTimeout("the request is not taken") from None

    def _conclude(self, answer: Answer) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(answer)
        # Answered before everything was sent: what is left of the request would follow.
        is_sent = self._drained is None
        self.resume_writing()
        if not (answer.keeps_alive and is_sent):
            self.close()

    def _fail(self, error: httpx2.TransportError) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error)
        self.resume_writing()
        self.close()

    def _look(self, patience: float) -> None:
        """Fail once nothing was heard for so long; each piece that comes begins it anew."""
        left = self._heard_at + patience - self._loop.time()
        if left <= 0:
            self._fail(httpx2.ReadTimeout("nothing was heard"))
        else:
            self._watch = self._loop.call_later(left, self._look, patience)


async def connect(
    host: str, port: int, context: ssl.SSLContext | None, patience: float | None
) -> Connection:
    """A new connection.

    :param context: for https.
    :raises httpx2.ConnectError, httpx2.ConnectTimeout: nothing was sent.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience):
            _, connection = await loop.create_connection(Connection, host, port, ssl=context)
    except TimeoutError:
        raise httpx2.ConnectTimeout("no connection in time") from None
    except (OSError, UnicodeError) as error:  # UnicodeError: no such name can exist
        raise httpx2.ConnectError(type(error).__name__) from error
    return connection
