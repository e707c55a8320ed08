"""Two failures that callers must tell apart: certainly not sent, and perhaps carried out.

================================  ==============  =================================================
What the library raises           We raise        Why
================================  ==============  =================================================
ConnectError (also TLS, DNS)      NotSent         no connection, so no byte of the request left
ConnectTimeout                    NotSent         likewise
PoolTimeout                       NotSent         waited for a free connection, never got one
ProxyError                        NotSent         the proxy refused to open the tunnel
UnsupportedProtocol, InvalidURL   NotSent         refused before anything was opened
WriteError, WriteTimeout          NoAnswer        part of the request left; some servers act on it
ReadTimeout                       NoAnswer        sent in full, the answer is late
ReadError                         NoAnswer        reset while we waited for the answer
RemoteProtocolError               NoAnswer        closed without an answer, or answered nonsense; a
                                                  kept-alive connection that the server closes just
                                                  as we send looks the same as a crash after commit
LocalProtocolError                NoAnswer        may be raised after the header left
DecodingError, CloseError, others NoAnswer        when unsure, assume that it happened
our own deadline                  NoAnswer        it may pass in any phase
================================  ==============  =================================================
"""

from typing import ClassVar

import httpx2

from shared.problems import OutcomeUnknown, UpstreamUnavailable
from shared.problems.document import Kind

_NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)


class NotSent(UpstreamUnavailable):
    """The request certainly did not reach the other side; sending it again is safe."""

    default_code = "upstream_unreachable"


class NoAnswer(OutcomeUnknown):
    """Bytes may have left and no answer came: look it up before sending it again."""

    default_code = "upstream_no_answer"


class ReadUnanswered(NoAnswer):
    """A read that nobody answered changed nothing, so on the wire it is merely retryable.

    It stays a :class:`NoAnswer`, so that a caller who handles that one handles this one too.
    """

    status: ClassVar[int] = UpstreamUnavailable.status
    title: ClassVar[str] = UpstreamUnavailable.title
    # The parent's annotation is narrower than the tree's own; on purpose we say who acts instead.
    kind: ClassVar[Kind] = UpstreamUnavailable.kind  # type: ignore[assignment]
    default_action: ClassVar[str] = UpstreamUnavailable.default_action


def failure_of(error: Exception, *, upstream: str, target: str, safe: bool) -> NotSent | NoAnswer:
    """Our failure for one of the library's, by the table above.

    The library's own text is left out: it may quote the address with its query string.

    :param upstream: what the other side is called in messages.
    :param target: method, host and path.
    :param safe: whether the request only reads, or may be repeated at will.
    """
    reason = type(error).__name__
    if isinstance(error, _NEVER_LEFT):
        return NotSent(f"{upstream} could not be reached, nothing was sent ({target}: {reason}).")
    if safe:
        return ReadUnanswered(f"{upstream} did not answer ({target}: {reason}).")
    return NoAnswer(
        f"{upstream} did not answer; whether it acted is not known ({target}: {reason})."
    )
