"""The one HTTP client for calls that leave the process.

Nothing else in the project opens outgoing connections: timeouts, quick retries, trace context and
the difference between "not sent" and "not answered" are decided here once. The few types of the
underlying library (httpx2) that callers need are handed on, so that they need no import of it.
"""

from httpx2 import (
    ASGITransport,
    AsyncBaseTransport,
    Auth,
    BasicAuth,
    Limits,
    MockTransport,
    Request,
    Response,
    Timeout,
)

from shared.http_client.client import HttpClient
from shared.http_client.errors import NoAnswer, NotSent, ReadUnanswered

__all__ = [
    "ASGITransport",
    "AsyncBaseTransport",
    "Auth",
    "BasicAuth",
    "HttpClient",
    "Limits",
    "MockTransport",
    "NoAnswer",
    "NotSent",
    "ReadUnanswered",
    "Request",
    "Response",
    "Timeout",
]
