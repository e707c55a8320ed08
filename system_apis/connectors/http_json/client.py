"""HTTP to one ERP: proof of who we are, a pace, a deadline, and what an answer proves."""

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from shared.http_client import HttpClient, NoAnswer, NotSent, ReadUnanswered
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from shared.values import Clock
from system_apis.connectors.http_json.mapping import NAMES_IN_PATH
from system_apis.connectors.http_json.pace import Pace
from system_apis.connectors.http_json.platform_models import Answer, read_answer
from system_apis.connectors.http_json.settings import Authentication, HttpJsonSettings

_PAUSE_WHEN_THROTTLED = 10
_THROTTLED = 429
_COMPACT = (",", ":")


class DeadlinePassed(NotSent):
    """The caller's time was over before anything was sent."""

    default_code = "deadline_passed"


class ErpClient:
    """Calls one ERP; its pace holds for everything that the connection does."""

    def __init__(self, settings: HttpJsonSettings, http: HttpClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._base_url = settings.base_url
        self._longest_seconds = settings.timeout_seconds
        self._headers = {
            "Accept": "application/json",
            **settings.headers,
            **proof_of(settings.authentication),
        }
        self._pace = Pace(http.name, settings.concurrency, settings.requests_per_second)

    async def write(
        self, method: str, path: str, document: Any, headers: Mapping[str, str], deadline: datetime
    ) -> Answer:
        """Send a document, or none, once, and give the answer whatever it says.

        :raises NotSent, TooManyRequests: it certainly did not reach the ERP.
        :raises NoAnswer: it may have been carried out.
        """
        sent = {**self._headers, **headers}
        content = None
        if document is not None:
            content = json.dumps(document, separators=_COMPACT, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        async with self._pace:
            seconds = self._seconds_until(deadline)
            try:
                async with asyncio.timeout(seconds):
                    response = await self._http.request(
                        method,
                        self._base_url + path,
                        content=content,
                        headers=sent,
                        timeout=seconds,
                        idempotent=False,
                    )
            except TimeoutError:
                raise NoAnswer(f"{self._http.name} did not answer in {seconds:.1f} s.") from None
        waits = response.headers.get("retry-after", "")
        answer = read_answer(response.status_code, response.content, waits)
        if answer.status == _THROTTLED:
            self._pace.close_for(answer.retry_after_seconds or _PAUSE_WHEN_THROTTLED)
        return answer

    async def read(
        self, path: str, query: Mapping[str, str], deadline: datetime | None = None
    ) -> Answer:
        """Ask for something; gives 2xx answers with a document, and other statuses below 500.

        :raises UpstreamRefused: it refuses our credentials, or answers no JSON.
        :raises UpstreamUnavailable, TooManyRequests: not now.
        """
        async with self._pace:
            seconds = self._seconds_until(deadline)
            try:
                async with asyncio.timeout(seconds):
                    response = await self._http.get(
                        self._base_url + path, headers=self._headers, params=query, timeout=seconds
                    )
            except TimeoutError:
                text = f"{self._http.name} did not answer in {seconds:.1f} s."
                raise ReadUnanswered(text) from None
        waits = response.headers.get("retry-after", "")
        answer = read_answer(response.status_code, response.content, waits)
        self._refuse_unusable(answer, path)
        return answer

    def unusable(self, path: str, reason: str) -> UpstreamRefused:
        """The problem of an answer that the configuration does not describe."""
        return UpstreamRefused(
            f"{self._http.name} answered GET {path} in a way that its options do not describe: "
            f"{reason}.",
            code="http_json_shape",
            action="Compare the connection's mapping with what the ERP answers.",
        )

    def _refuse_unusable(self, answer: Answer, path: str) -> None:
        status = answer.status
        if status in {401, 403}:
            raise UpstreamRefused(
                f"{self._http.name} answered GET {path} with HTTP {status}.",
                code="http_json_credentials",
                action="Correct the connection's authentication, or the rights behind it.",
            )
        if status == _THROTTLED:
            wait = answer.retry_after_seconds or _PAUSE_WHEN_THROTTLED
            self._pace.close_for(wait)
            raise TooManyRequests(f"{self._http.name} throttles us.", retry_after=wait)
        if status >= 500:
            raise UpstreamUnavailable(
                f"{self._http.name} answered GET {path} with HTTP {status}.",
                retry_after=answer.retry_after_seconds,
            )
        if answer.is_success and answer.body is None:
            raise self.unusable(path, "it is no JSON")

    def _seconds_until(self, deadline: datetime | None) -> float:
        longest = self._longest_seconds
        if deadline is None:
            return longest
        left = (deadline - self._clock.now()).total_seconds()
        if left <= 0:
            raise DeadlinePassed(f"The deadline passed before {self._http.name} was called.")
        return min(left, longest)


def proof_of(authentication: Authentication) -> dict[str, str]:
    """The header that proves who calls; settings have made sure that its parts are there."""
    match authentication:
        case Authentication(scheme="bearer", token=token) if token is not None:
            return {"Authorization": f"Bearer {token.get_secret_value()}"}
        case Authentication(scheme="header", header=name, api_key=key) if key is not None:
            return {name: key.get_secret_value()}
        case Authentication(scheme="basic", user=user, password=word) if word is not None:
            return {"Authorization": f"Basic {encoded(user or '', word.get_secret_value())}"}
    return {}


def encoded(user: str, password: str) -> str:
    """User and password as the `Basic` scheme sends them."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def filled_path(path: str, document: Mapping[str, Any]) -> str:
    """The path with its placeholders replaced, each as one segment."""
    return NAMES_IN_PATH.sub(lambda found: quote(str(document[found[1]]), safe=""), path)
