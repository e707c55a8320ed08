"""Answers of HTTP/1.1 from the bytes of one connection. Pure: knows no socket and no time."""

from dataclasses import dataclass, field

import httptools
import httpx2

_LARGEST_HEAD = 100 * 1024
_FIRST_FINAL_STATUS = 200


@dataclass(slots=True)
class Answer:
    """A whole answer.

    :param keeps_alive: the other side expects another request on this connection.
    """

    status: int = 0
    reason: bytes = b""
    version: str = "1.1"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)
    keeps_alive: bool = False


class AnswerReader:
    """Reads one answer after the other, with the parser of uvicorn and Node (llhttp)."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.expect(may_have_body=True)

    def expect(self, *, may_have_body: bool) -> None:
        """A request was sent.

        :param may_have_body: false for HEAD, whose answer announces a body that never comes.
        """
        self._answer = Answer()
        self._finished: Answer | None = None
        self._may_have_body = may_have_body
        self._is_head_over = self._is_framed = False
        self._head_size = 0

    def feed(self, data: bytes) -> Answer | None:
        """The answer, once it is whole.

        :raises httpx2.RemoteProtocolError: it is not HTTP, or wants to be something else.
        """
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self._finished is None:
                raise httpx2.RemoteProtocolError(type(error).__name__) from None
            # What follows a whole answer was not asked for: the answer holds, no other may come.
            self._finished.keeps_alive = False
        if not self._is_head_over:
            self._head_size += len(data)
            if self._head_size > _LARGEST_HEAD:
                raise httpx2.RemoteProtocolError("its head does not end")
        return self._finished

    def end(self) -> Answer | None:
        """The other side has closed; gives the answer whose body ends with the connection."""
        return self._answer if self._is_head_over and not self._is_framed else None

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._finished is not None:
            raise ValueError("an answer that nobody has asked for")

    def on_status(self, reason: bytes) -> None:
        self._answer.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers, which follow a body, say nothing that anybody here reads.
        if not self._is_head_over:
            self._answer.headers.append((name, value))

    def on_headers_complete(self) -> None:
        answer = self._answer
        answer.status = self._parser.get_status_code()
        answer.version = self._parser.get_http_version()
        self._is_head_over = answer.status >= _FIRST_FINAL_STATUS
        self._is_framed = any(_frames(name, value) for name, value in answer.headers)
        # The parser would take what follows an answer to HEAD for its body.
        answer.keeps_alive = self._may_have_body and self._parser.should_keep_alive()
        if self._is_head_over and not self._may_have_body:
            self._finished = answer

    def on_body(self, piece: bytes) -> None:
        if self._may_have_body:
            self._answer.body.append(piece)

    def on_message_complete(self) -> None:
        if self._is_head_over:
            self._finished = self._answer
        else:  # "100 Continue" and its like: the answer is still to come
            self._answer = Answer()


def _frames(name: bytes, value: bytes) -> bool:
    """Whether a header says where the body ends."""
    lowered = name.lower()
    return lowered == b"content-length" or (
        lowered == b"transfer-encoding" and b"chunked" in value.lower()
    )
