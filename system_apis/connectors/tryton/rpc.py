"""One JSON-RPC exchange with Tryton: send it, and say exactly what its answer proves."""

import asyncio
import itertools
from datetime import datetime
from typing import Any

from shared.http_client import HttpClient, NoAnswer, NotSent, ReadUnanswered, Response
from shared.problems import (
    TimepostProblem,
    TooManyRequests,
    UpstreamRefused,
    UpstreamUnavailable,
)
from shared.values import Clock
from system_apis.connectors.tryton.refusals import TrytonRefusal, read_refusal
from system_apis.connectors.tryton.wire import decode, encode

_PAUSE_WHEN_THROTTLED = 10


class DeadlinePassed(NotSent):
    """The caller's time was over before anything was sent."""

    default_code = "deadline_passed"


class SessionEnded(Exception):
    """401: Tryton does not know the session, or refuses the password; it did nothing."""


class NoSuchPath(Exception):
    """404 or 405: no database of that name at this address."""


class RpcChannel:
    """Calls methods at addresses; knows no session.

    :param longest_seconds: no single call takes longer, whatever the deadline.
    """

    def __init__(self, http: HttpClient, clock: Clock, longest_seconds: float) -> None:
        self._http = http
        self._clock = clock
        self._longest_seconds = longest_seconds
        self._ids = itertools.count(1)

    async def call(
        self,
        url: str,
        method: str,
        params: list[Any],
        *,
        authorization: str | None = None,
        deadline: datetime | None = None,
        reads: bool,
    ) -> Any:
        """The `result` of the call, decoded.

        :param reads: it changes nothing, so that it may be repeated on a lost connection.
        :raises TrytonRefusal: Tryton answered that it did not do it.
        :raises SessionEnded, NoSuchPath: it did not get as far as doing it.
        :raises NotSent, UpstreamRefused, TooManyRequests: it was certainly not carried out.
        :raises NoAnswer: a write that may have been carried out.
        """
        seconds = self._seconds_until(deadline)
        body = {"id": next(self._ids), "method": method, "params": encode(params)}
        headers = {"Authorization": authorization} if authorization else {}
        try:
            async with asyncio.timeout(seconds):
                response = await self._http.post(
                    url, json=body, headers=headers, timeout=seconds, idempotent=reads
                )
        except TimeoutError:
            silent = ReadUnanswered if reads else NoAnswer
            raise silent(f"{self._http.name} did not answer {method} in {seconds:.1f} s.") from None
        return self._result(response, method, reads=reads)

    def _seconds_until(self, deadline: datetime | None) -> float:
        longest = self._longest_seconds
        if deadline is None:
            return longest
        left = (deadline - self._clock.now()).total_seconds()
        if left <= 0:
            raise DeadlinePassed(f"The deadline passed before {self._http.name} was called.")
        return min(left, longest)

    def _result(self, response: Response, method: str, *, reads: bool) -> Any:
        status = response.status_code
        if status == 200:
            return self._body(response, method, reads=reads)
        if status >= 500:
            raise self._unclear(f"answered {method} with HTTP {status}", reads=reads)
        match status:
            case 401:
                raise SessionEnded
            case 404 | 405:
                raise NoSuchPath
            case 429:
                asked = response.headers.get("retry-after", "")
                raise TooManyRequests(
                    f"{self._http.name} throttles us.",
                    retry_after=int(asked) if asked.isdigit() else _PAUSE_WHEN_THROTTLED,
                )
            case 403:
                raise UpstreamRefused(f"{self._http.name} does not let us call {method}.")
            case _ if status < 400:
                raise UpstreamRefused(
                    f"{self._http.name} answered with HTTP {status} instead of a result.",
                    action="Correct base_url: it must be trytond itself, not a redirect to it.",
                )
        raise TrytonRefusal(f"HTTP {status}", "", frozenset())

    def _body(self, response: Response, method: str, *, reads: bool) -> Any:
        try:
            answer = decode(response.content)
        except ValueError:
            answer = None
        match answer:
            case {"error": error}:
                raise read_refusal(error)
            case {"result": result}:
                return result
        raise self._unclear(f"answered {method} with something else than JSON-RPC", reads=reads)

    def _unclear(self, what: str, *, reads: bool) -> TimepostProblem:
        """An answer that leaves open whether the call was carried out."""
        if reads:
            return UpstreamUnavailable(f"{self._http.name} {what}.")
        return NoAnswer(f"{self._http.name} {what}; whether it acted is not known.")
