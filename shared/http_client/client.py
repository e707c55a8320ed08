"""Requests with timeouts everywhere, few quick retries, and typed failures."""

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx2
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    wait_random_exponential,
)

from shared.http_client.errors import failure_of
from shared.http_client.tracing import TracedTransport
from shared.http_client.transport import DirectTransport

DEFAULT_TIMEOUT = httpx2.Timeout(10.0, connect=3.0, pool=5.0)
# Every connection is kept: those beyond the library's 20 would be opened anew for each request of
# a busy worker. They are dropped before servers usually drop them (5 s), since a request that
# meets a closing connection cannot be told from one that was carried out.
DEFAULT_LIMITS = httpx2.Limits(
    max_connections=100, max_keepalive_connections=100, keepalive_expiry=4.0
)
DEFAULT_DEADLINE_SECONDS = 60.0

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_WORTH_ANOTHER_TRY = frozenset({502, 503, 504})
_ATTEMPTS = 3
# A server that asks for a longer pause is taken at its word: the caller waits, not this client.
_LONGEST_PAUSE_SECONDS = 1

# Timeouts are not repeated: the caller has waited long enough, and the other side is overloaded.
_QUICK_FAILURES = (httpx2.ConnectError, httpx2.ReadError, httpx2.RemoteProtocolError)

_Params = Mapping[str, str | int | bool | Sequence[str] | None]


class HttpClient:
    """One client per other side, so that pools, limits and names in errors stay apart.

    :param base_url: joined with relative addresses of requests.
    :param name: what the other side is called in error messages.
    :param timeout: per phase (connect, write, read, wait for a connection), in seconds.
    :param deadline_seconds: for one attempt as a whole. The read timeout alone never ends a
        server that sends one byte every few seconds.
    :param transport: replaces the network in tests.
    :param auth: proves who we are, per request.
    :param headers: sent with every request.
    """

    def __init__(
        self,
        base_url: str = "",
        *,
        name: str,
        timeout: float | httpx2.Timeout = DEFAULT_TIMEOUT,
        deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
        limits: httpx2.Limits = DEFAULT_LIMITS,
        auth: httpx2.Auth | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._deadline_seconds = deadline_seconds
        self._library = httpx2.AsyncClient(
            base_url=base_url,
            timeout=timeout,
            transport=TracedTransport(transport or DirectTransport(limits)),
            auth=auth,
            headers=headers,
            follow_redirects=False,
        )

    @property
    def library_client(self) -> httpx2.AsyncClient:
        """The client underneath, for libraries that are built on it; errors are theirs then."""
        return self._library

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: _Params | None = None,
        timeout: float | httpx2.Timeout | None = None,  # noqa: ASYNC109  per phase, not a scope
        idempotent: bool | None = None,
    ) -> httpx2.Response:
        """Send it and give the answer, whatever its status; the body has been read.

        :param timeout: instead of the client's own.
        :param idempotent: the request may be repeated at will although its method does not say
            so (a look-up by POST), or must not be although it does. Such requests are tried up
            to three times within about two seconds on lost connections and 502, 503, 504.
        :raises NotSent: certainly not carried out.
        :raises NoAnswer: perhaps carried out.
        """
        safe = method.upper() in _SAFE_METHODS if idempotent is None else idempotent
        try:
            request = self._library.build_request(
                method,
                url,
                json=json,
                content=content,
                headers=headers,
                params=params,
                timeout=httpx2.USE_CLIENT_DEFAULT if timeout is None else timeout,
            )
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            # Its text quotes the address, so it goes no further.
            raise failure_of(error, upstream=self.name, target=method, safe=safe) from None
        try:
            return await (self._send_patiently(request) if safe else self._send(request))
        except (httpx2.HTTPError, TimeoutError) as error:
            target = f"{method} {request.url.host}{request.url.path}"
            raise failure_of(error, upstream=self.name, target=target, safe=safe) from error

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: _Params | None = None,
        timeout: float | httpx2.Timeout | None = None,  # noqa: ASYNC109  per phase, not a scope
    ) -> httpx2.Response:
        """Read; see :meth:`request`."""
        return await self.request("GET", url, headers=headers, params=params, timeout=timeout)

    async def post(
        self,
        url: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: _Params | None = None,
        timeout: float | httpx2.Timeout | None = None,  # noqa: ASYNC109  per phase, not a scope
        idempotent: bool | None = None,
    ) -> httpx2.Response:
        """Write, or look up by body; see :meth:`request`."""
        return await self.request(
            "POST",
            url,
            json=json,
            content=content,
            headers=headers,
            params=params,
            timeout=timeout,
            idempotent=idempotent,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._library.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        async with asyncio.timeout(self._deadline_seconds):
            return await self._library.send(request)

    async def _send_patiently(self, request: httpx2.Request) -> httpx2.Response:
        attempts = AsyncRetrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.1, max=_LONGEST_PAUSE_SECONDS),
            retry=retry_if_exception_type(_QUICK_FAILURES) | retry_if_result(_may_recover_soon),
            retry_error_callback=_last_outcome,
        )
        return await attempts(self._send, request)


def _may_recover_soon(response: httpx2.Response) -> bool:
    if response.status_code not in _WORTH_ANOTHER_TRY:
        return False
    pause = response.headers.get("retry-after", "0")
    return pause.isdecimal() and int(pause) <= _LONGEST_PAUSE_SECONDS


def _last_outcome(state: RetryCallState) -> httpx2.Response:
    """The last answer as it is, or the last failure raised."""
    if state.outcome is None:
        raise RuntimeError("tenacity gave up before the first attempt")
    response: httpx2.Response = state.outcome.result()
    return response
