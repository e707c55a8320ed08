"""Calls to BambooHR's API: refusals become problems, answers become its models."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.capabilities.repairing import RecordRefused
from system_apis.connectors.bamboohr.mapping import FIELDS
from system_apis.connectors.bamboohr.platform_models import (
    ChangedTable,
    ChangeList,
    EmployeeList,
    Error,
    ListField,
)
from system_apis.connectors.bamboohr.settings import BambooHrSettings

T = TypeVar("T")

_PAUSE_IF_UNTOLD = 5
_RECORD_AT_FAULT = frozenset({400, 403, 404, 409})
_TABLE = "jobInfo"


class PageGone(UpstreamRefused):
    """The cursor's employee was deleted while the list was read (`BadPage`)."""

    default_code = "bamboohr_page_gone"


class BambooHrClient:
    """One company's account, with one key."""

    def __init__(self, http: HttpClient, settings: BambooHrSettings) -> None:
        self._http = http
        self._settings = settings

    async def employees(
        self, after: str | None, limit: int, ids: Sequence[str] | None = None
    ) -> EmployeeList:
        """A page of everybody, former employees too, by ascending id; or of some.

        :raises PageGone: begin again.
        """
        params: dict[str, str | int] = {
            "fields": ",".join(FIELDS),
            "sort": "employeeId",
            "page[limit]": limit,
        }
        if after is not None:
            params["page[after]"] = after
        if ids is not None:
            params["filter[ids]"] = ",".join(ids)
        return await self._get("/employees", EmployeeList, params)

    async def change_employee(self, number: str, fields: Mapping[str, str]) -> None:
        """Sent once. Fields that the key's user may not write are left out without a word.

        :raises RecordRefused: BambooHR will not have one of the values.
        """
        answer = await self._http.post(
            f"{self._settings.base_url}/api/v1/employees/{quote(number, safe='')}",
            json=dict(fields),
            headers=self._headers(),
        )
        if answer.status_code in _RECORD_AT_FAULT:
            raise RecordRefused(
                f"BambooHR will not have that of this employee ({answer.status_code})."
            )
        _refuse_unless_success(answer)

    async def changes(self, since: datetime) -> ChangeList:
        """Who changed since, and how; deleted ones too."""
        return await self._get("/employees/changed", ChangeList, {"since": _written(since)})

    async def job_history(self) -> list[Any]:
        """Rows of everybody in one answer; there is no page of them."""
        return await self._get(f"/employees/all/tables/{_TABLE}", list[Any], {})

    async def changed_job_history(self, since: datetime) -> ChangedTable:
        """All rows of everybody who changed since, in whatever way."""
        return await self._get(
            f"/employees/changed/tables/{_TABLE}", ChangedTable, {"since": _written(since)}
        )

    async def lists(self) -> list[ListField]:
        """Fields with the values that people choose from, such as departments."""
        return await self._get("/meta/lists", list[ListField], {})

    async def _get(self, path: str, model: type[T], params: dict[str, str | int]) -> T:
        answer = await self._http.get(
            f"{self._settings.base_url}/api/v1{path}",
            params=params,
            headers=self._headers(),
        )
        _refuse_unless_success(answer)
        return _understood(answer, TypeAdapter(model))

    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Authorization": self._proof()}

    def _proof(self) -> str:
        """The key is the user's name; the password is anything."""
        pair = f"{self._settings.api_key.get_secret_value()}:x"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _understood(answer: Response, adapter: TypeAdapter[T]) -> T:
    """
    :raises UpstreamRefused: the answer is something else; without its values.
    """
    try:
        return adapter.validate_json(answer.content)
    except ValidationError as error:
        # Neither the values nor the exception itself: they are people's data.
        places = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
        faults = ", ".join(places[:5])
    raise UpstreamRefused(
        f"BambooHR's answer to {_target(answer)} is not understood: {faults}.",
        action="Check base_url; or the API has changed: report this.",
        code="bamboohr_answer_not_understood",
    )


def _refuse_unless_success(answer: Response) -> None:
    if answer.is_success:
        return
    status = answer.status_code
    told = answer.headers.get("retry-after", "")
    pause = max(1, int(told)) if told.isdigit() else None
    if status == 429:
        raise TooManyRequests(
            "BambooHR answers 429: too many requests.", retry_after=pause or _PAUSE_IF_UNTOLD
        )
    if status >= 500:
        raise UpstreamUnavailable(
            f"BambooHR answers {status} to {_target(answer)}.", retry_after=pause
        )
    if status == 401:
        raise UpstreamRefused(
            f"BambooHR refuses the API key for {_target(answer)} (401).",
            action="Check api_key, and that its user is enabled.",
            code="bamboohr_credentials_refused",
        )
    if status == 403:
        raise UpstreamRefused(
            f"BambooHR does not allow {_target(answer)} to the key's user (403).",
            action="Give the user access to employees and their job history.",
            code="bamboohr_not_allowed",
        )
    if status == 400 and _code(answer) == "BadPage":
        raise PageGone("The page of BambooHR's list is gone.")
    raise UpstreamRefused(
        f"BambooHR answers {status} to {_target(answer)}.",
        action="Check base_url: it is the company's own address, without a path.",
        code="bamboohr_request_refused",
    )


def _code(answer: Response) -> str | None:
    try:
        return Error.model_validate_json(answer.content).error.code
    except ValidationError:
        return None


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
