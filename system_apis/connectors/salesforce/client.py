"""Queries to Salesforce: refusals become problems, answers become its models.

How many of the org's daily calls are left stands in every answer. With fewer than the reserve left,
nothing more is asked: an org without calls is one in which no integration works until tomorrow.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from shared.values import Clock
from system_apis.capabilities.repairing import RecordRefused
from system_apis.connectors.salesforce.platform_models import Error, QueryResult
from system_apis.connectors.salesforce.sessions import Sessions
from system_apis.connectors.salesforce.settings import SalesforceSettings

_USAGE = re.compile(r"(?:^|[;\s])api-usage=(\d{1,12})/(\d{1,12})")
_ERRORS = TypeAdapter(list[Error])
# The daily limit is over the last 24 hours, so some calls come back before long.
_HOLD_BACK = timedelta(hours=1)
_PAUSE_OF_CONCURRENCY = 30
# A validation rule, a missing right to this very record, a record that is gone.
_RECORD_AT_FAULT = frozenset({400, 403, 404})


class _SessionOver(Exception):
    """The session has ended; another will do."""


class SalesforceClient:
    """One org, with one user."""

    def __init__(self, http: HttpClient, settings: SalesforceSettings, clock: Clock) -> None:
        self._http = http
        self._settings = settings
        self._clock = clock
        self._sessions = Sessions(http, settings)
        self._usage: tuple[int, int] | None = None
        self._usage_at: datetime | None = None

    @property
    def usage(self) -> tuple[int, int] | None:
        """Calls that were used and that there are, as last told."""
        return self._usage

    async def query(self, soql: str, *, with_deleted: bool = False) -> list[Any]:
        """All rows of a query: the answer has as many as Salesforce likes, the rest follows."""
        self._hold_back()
        base = f"/services/data/v{self._settings.api_version}"
        path = f"{base}/queryAll" if with_deleted else f"{base}/query"
        found = await self._get(path, {"q": soql})
        rows = list(found.records)
        while not found.done and found.next_records_url:
            found = await self._get(found.next_records_url, {})
            rows += found.records
        return rows

    async def change(self, kind: str, number: str, values: Mapping[str, str]) -> None:
        """Write fields of a record; sent once.

        :raises RecordRefused: Salesforce will not have one of the values.
        """
        self._hold_back()
        path = f"/services/data/v{self._settings.api_version}/sobjects/{kind}/{number}"
        answer = await self._send("PATCH", path, json=dict(values))
        errors = _errors(answer)
        why = (errors[0].code if errors else None) or answer.status_code
        if why == "UNABLE_TO_LOCK_ROW":
            raise UpstreamUnavailable(f"Somebody else is writing this {kind} in Salesforce.")
        if answer.status_code in _RECORD_AT_FAULT and not _is_limit(answer):
            raise RecordRefused(f"Salesforce will not have that in this {kind}: {why}.")
        _refuse_unless_success(answer)

    async def _get(self, path: str, params: dict[str, str | int]) -> QueryResult:
        answer = await self._send("GET", path, params=params)
        _refuse_unless_success(answer)
        return _understood(answer)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        json: Any = None,
    ) -> Response:
        try:
            return await self._once(method, path, params, json)
        except _SessionOver:
            pass
        try:
            return await self._once(method, path, params, json)
        except _SessionOver:
            raise UpstreamRefused(
                "Salesforce ends every session at once (401).",
                action="Check the session settings and the IP ranges of the connected app's user.",
                code="salesforce_session_refused",
            ) from None

    async def _once(
        self, method: str, path: str, params: dict[str, str | int] | None, json: Any
    ) -> Response:
        session = await self._sessions.current()
        answer = await self._http.request(
            method,
            session.instance_url + path,
            params=params,
            json=json,
            headers={"Authorization": f"Bearer {session.access_token}"},
        )
        self._note_usage(answer)
        if answer.status_code == 401:
            await self._sessions.ended(session)
            raise _SessionOver
        return answer

    def _note_usage(self, answer: Response) -> None:
        if told := _USAGE.search(answer.headers.get("sforce-limit-info", "")):
            self._usage = int(told[1]), int(told[2])
            self._usage_at = self._clock.now()

    def _hold_back(self) -> None:
        """
        :raises TooManyRequests: fewer calls are left than the reserve.
        """
        if self._usage is None or self._usage_at is None:
            return
        used, total = self._usage
        pause = self._usage_at + _HOLD_BACK - self._clock.now()
        reserve = total * self._settings.reserve_percent / 100
        if pause <= timedelta() or total - used >= reserve:
            return
        raise TooManyRequests(
            f"Of Salesforce's {total} calls a day {used} are used: the rest is left to others.",
            action="Wait, or lower reserve_percent, or buy more calls.",
            code="salesforce_calls_reserved",
            retry_after=max(1, int(pause.total_seconds())),
        )


def _understood(answer: Response) -> QueryResult:
    """
    :raises UpstreamRefused: the answer is something else; without its values.
    """
    try:
        # Amounts are decimals there, and JSON has only numbers.
        return QueryResult.model_validate(json.loads(answer.content, parse_float=Decimal))
    except ValidationError as error:
        places = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
        faults = ", ".join(places[:5])
    except ValueError:
        faults = "it is no JSON"
    # Outside of the blocks: the exceptions would quote clients' data.
    raise UpstreamRefused(
        f"Salesforce's answer to {_target(answer)} is not understood: {faults}.",
        action="Check login_url and api_version; or the API has changed: report this.",
        code="salesforce_answer_not_understood",
    )


def _refuse_unless_success(answer: Response) -> None:
    if answer.is_success:
        return
    status, errors = answer.status_code, _errors(answer)
    code = errors[0].code if errors else None
    if _is_limit(answer):
        # The code is the same for the day's calls and for too many long ones at once.
        is_concurrency = any("concurrent" in each.message.lower() for each in errors)
        pause = _PAUSE_OF_CONCURRENCY if is_concurrency else int(_HOLD_BACK.total_seconds())
        raise TooManyRequests(
            "Salesforce has too many requests "
            + ("at the same time." if is_concurrency else "within a day."),
            retry_after=_wait(answer) or pause,
        )
    if status >= 500:
        raise UpstreamUnavailable(
            f"Salesforce answers {status} to {_target(answer)}.", retry_after=_wait(answer)
        )
    if code in ("INVALID_FIELD", "INVALID_TYPE"):
        raise UpstreamRefused(
            f"Salesforce does not know a field that is asked for ({code}).",
            action="Check the fields in the connection's options and multi_currency, and that the "
            "user's profile shows the fields.",
            code="salesforce_field_unknown",
        )
    raise UpstreamRefused(
        f"Salesforce answers {status} ({code or 'no code'}) to {_target(answer)}.",
        action="Check that the user may use the API and read accounts and opportunities.",
        code="salesforce_request_refused",
    )


def _is_limit(answer: Response) -> bool:
    codes = {each.code for each in _errors(answer)}
    return answer.status_code == 429 or "REQUEST_LIMIT_EXCEEDED" in codes


def _errors(answer: Response) -> Sequence[Error]:
    try:
        told = _ERRORS.validate_json(answer.content)
    except ValidationError:
        return []
    return [each for each in told if each.code is None or each.code.isidentifier()]


def _wait(answer: Response) -> int | None:
    told = answer.headers.get("retry-after", "")
    return max(1, int(told)) if told.isdigit() else None


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
