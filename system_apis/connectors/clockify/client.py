"""Calls to Clockify's REST API; refusals become problems, answers become its own models."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.connectors.clockify.platform_models import (
    ApprovalItem,
    Changed,
    Made,
    Named,
    NamedClient,
    NamedProject,
    NamedTask,
    Project,
    User,
    Webhook,
    WebhookList,
    Workspace,
)
from system_apis.connectors.clockify.rate_limit import RateLimit
from system_apis.connectors.clockify.settings import ClockifySettings

Feed = Literal["created", "updated", "deleted"]
ApprovalOrder = Literal["ID", "START"]
T = TypeVar("T")
_Params = dict[str, str | int | bool | Sequence[str] | None]

_USER = TypeAdapter(User)
_WORKSPACE = TypeAdapter(Workspace)
_USERS = TypeAdapter(list[User])
_PROJECTS = TypeAdapter(list[Project])
_NAMED = TypeAdapter(list[Named])
_WEBHOOKS = TypeAdapter(WebhookList)
_ANYTHING = TypeAdapter(list[Any])
_APPROVALS = TypeAdapter(list[ApprovalItem])
_CHANGED = TypeAdapter(list[Changed])
_CLIENTS_FOUND = TypeAdapter(list[NamedClient])
_PROJECTS_FOUND = TypeAdapter(list[NamedProject])
_TASKS_FOUND = TypeAdapter(list[NamedTask])
_CLIENT_FOUND = TypeAdapter(NamedClient)
_PROJECT_FOUND = TypeAdapter(NamedProject)
_TASK_FOUND = TypeAdapter(NamedTask)
_MADE = TypeAdapter(Made)

_MASTERS_PAGE = 200
_PAUSE_IF_UNTOLD = 2


class RequestRefused(UpstreamRefused):
    """Clockify refuses what the request names (400, 404); its code, never its text, is kept.

    An id that is unknown in the workspace answers 400 with code 501 rather than 404.
    """

    default_code = "clockify_request_refused"
    default_action = "Check the workspace id and what the API key's account may see."


class ClockifyClient:
    """One workspace. Every call waits for its turn within the rate limit."""

    def __init__(self, http: HttpClient, settings: ClockifySettings) -> None:
        self._http = http
        self._settings = settings
        self._limit = RateLimit(settings.requests_per_second)

    async def current_user(self) -> User:
        """Account of the API key."""
        return _understood(await self._call("GET", self._settings.user_url), _USER)

    async def workspace(self) -> Workspace:
        return _understood(await self._call("GET", self._settings.workspace_url), _WORKSPACE)

    async def users(self) -> list[User]:
        """Everybody, also those who left: their hours may still be open."""
        return await self._all_pages("/users", _USERS, {"status": "ALL", "include-roles": False})

    async def projects(self) -> list[Project]:
        """Active and archived ones."""
        return await self._all_pages("/projects", _PROJECTS)

    async def clients(self) -> list[Named]:
        return await self._all_pages("/clients", _NAMED)

    async def tags(self) -> list[Named]:
        return await self._all_pages("/tags", _NAMED)

    async def tasks(self, project_id: str) -> list[Named]:
        return await self._all_pages(f"/projects/{project_id}/tasks", _NAMED)

    async def webhooks(self) -> list[Webhook]:
        """Webhooks of the workspace, with their tokens."""
        answer = await self._call("GET", self._url("/webhooks"))
        return _understood(answer, _WEBHOOKS).webhooks

    async def entries(self, ids: Sequence[str]) -> list[Any]:
        """The entries as they came, each to be read on its own: one odd entry spoils no other.

        :raises RequestRefused: Clockify does not like one of the ids.
        """
        body = {"timeEntryIds": list(ids), "hydrated": True}
        url = self._url("/time-entries/batch")
        answer = await self._call("POST", url, json=body, idempotent=True)
        return _understood(answer, _ANYTHING)

    async def entries_of(
        self, user_id: str, start: datetime, end: datetime, page: int, size: int
    ) -> tuple[list[Any], bool]:
        """One page of a user's entries as they came, by the start of the work, latest first; and
        whether it is the last.

        Clockify takes the instants for wall clock in the zone of the key's account, whatever
        offset they carry: ask for a day more on either side.
        """
        params: _Params = {
            "start": _whole_second(start),
            "end": _whole_second(end),
            "hydrated": True,
            "page": page,
            "page-size": size,
        }
        answer = await self._call("GET", self._url(f"/user/{user_id}/time-entries"), params=params)
        items = _understood(answer, _ANYTHING)
        return items, _is_last(answer, len(items), size)

    async def approval_requests(
        self, order: ApprovalOrder, page: int, size: int
    ) -> tuple[list[ApprovalItem], bool]:
        """One page, descending, of all states; and whether it is the last."""
        params: _Params = {
            "types": ["TIMESHEET", "TIMESHEET_AND_EXPENSE"],
            "sort-column": order,
            "sort-order": "DESCENDING",
            "page": page,
            "page-size": size,
        }
        answer = await self._call("GET", self._url("/approval-requests"), params=params)
        items = _understood(answer, _APPROVALS)
        return items, _is_last(answer, len(items), size)

    async def changed_entries(
        self, feed: Feed, start: datetime, end: datetime, page: int, limit: int
    ) -> list[Changed]:
        """One page of an experimental feed.

        Pages count from 0. Recordings show that ``page`` and ``limit`` may be ignored, in which
        case everything comes at once.
        """
        params: _Params = {
            "type": ["TIME_ENTRY"],
            "start": _whole_second(start),
            "end": _whole_second(end + timedelta(microseconds=999_999)),
            "page": page,
            "limit": limit,
        }
        answer = await self._call("GET", self._url(f"/entities/{feed}"), params=params)
        return _understood(answer, _CHANGED)

    async def mark_invoiced(self, ids: Sequence[str]) -> None:
        """Set the flag on all of them, or on none; repeating it changes nothing.

        :raises RequestRefused: Clockify does not like one of the ids.
        """
        body = {"timeEntryIds": list(ids), "invoiced": True}
        await self._call("PATCH", self._url("/time-entries/invoiced"), json=body, idempotent=True)

    async def clients_named(self, name: str) -> list[NamedClient]:
        """Those that have just this name, archived ones included."""
        found = await self._all_pages("/clients", _CLIENTS_FOUND, {"name": name})
        return [each for each in found if each.name == name]

    async def projects_named(self, name: str) -> list[NamedProject]:
        """Those that have just this name, of whatever client, archived ones included."""
        found = await self._all_pages("/projects", _PROJECTS_FOUND, {"name": name})
        return [each for each in found if each.name == name]

    async def tasks_named(self, project_id: str, name: str) -> list[NamedTask]:
        """Those of a project that have just this name, done ones included."""
        found = await self._all_pages(f"/projects/{project_id}/tasks", _TASKS_FOUND, {"name": name})
        return [each for each in found if each.name == name]

    async def client(self, client_id: str) -> NamedClient:
        """:raises RequestRefused: there is none."""
        answer = await self._call("GET", self._url(f"/clients/{client_id}"))
        return _understood(answer, _CLIENT_FOUND)

    async def project(self, project_id: str) -> NamedProject:
        """:raises RequestRefused: there is none."""
        answer = await self._call("GET", self._url(f"/projects/{project_id}"))
        return _understood(answer, _PROJECT_FOUND)

    async def task(self, project_id: str, task_id: str) -> NamedTask:
        """:raises RequestRefused: there is none."""
        answer = await self._call("GET", self._url(f"/projects/{project_id}/tasks/{task_id}"))
        return _understood(answer, _TASK_FOUND)

    async def create(self, path: str, body: dict[str, Any]) -> str:
        """Make a record, once; answers its id.

        :raises RequestRefused: Clockify does not like it, say because of a name that is taken.
        """
        answer = await self._call("POST", self._url(path), json=body, idempotent=False)
        return _understood(answer, _MADE).id

    async def update(self, path: str, body: dict[str, Any]) -> None:
        """Make a record what the body says; repeating it changes nothing."""
        await self._call("PUT", self._url(path), json=body, idempotent=True)

    def _url(self, path: str) -> str:
        return self._settings.workspace_url + path

    async def _all_pages(
        self, path: str, adapter: TypeAdapter[list[T]], params: _Params | None = None
    ) -> list[T]:
        found: list[T] = []
        page, last = 1, False
        while not last:
            asked: _Params = {**(params or {}), "page": page, "page-size": _MASTERS_PAGE}
            answer = await self._call("GET", self._url(path), params=asked)
            items = _understood(answer, adapter)
            found += items
            last = _is_last(answer, len(items), _MASTERS_PAGE)
            page += 1
        return found

    async def _call(
        self,
        method: str,
        url: str,
        *,
        params: _Params | None = None,
        json: Any = None,
        idempotent: bool | None = None,
    ) -> Response:
        await self._limit.turn()
        answer = await self._http.request(
            method,
            url,
            params=params,
            json=json,
            headers={"X-Api-Key": self._settings.api_key.get_secret_value()},
            idempotent=idempotent,
        )
        self._refuse_unless_success(answer)
        return answer

    def _refuse_unless_success(self, answer: Response) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            pause = _pause_of(answer)
            self._limit.close_for(pause)
            raise TooManyRequests("Clockify answers 429: too many requests.", retry_after=pause)
        if status == HTTPStatus.UNAUTHORIZED:
            raise UpstreamRefused(
                "Clockify refuses the API key (401).", code="clockify_credentials_refused"
            )
        if status in (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN):
            raise UpstreamRefused(
                f"Clockify does not allow {_target(answer)} to the API key's account ({status}).",
                action="Use an administrator's key; approvals need a plan that has them.",
                code="clockify_not_allowed",
            )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UpstreamUnavailable(f"Clockify answers {status} to {_target(answer)}.")
        raise RequestRefused(
            f"Clockify answers {status} (code {_code_of(answer)}) to {_target(answer)}."
        )


def _understood(answer: Response, adapter: TypeAdapter[T]) -> T:
    try:
        return adapter.validate_json(answer.content)
    except ValidationError as error:
        # Neither the values nor the exception itself: they may hold narratives.
        faults = [".".join(map(str, e["loc"])) for e in error.errors(include_input=False)]
    raise UpstreamRefused(
        f"Clockify's answer to {_target(answer)} is not understood: {', '.join(faults[:5])}.",
        action="The API may have changed: report this, with the version of Timepost.",
        code="clockify_answer_not_understood",
    )


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"


def _is_last(answer: Response, count: int, size: int) -> bool:
    """By the header where it is sent; a page that is not full is the last in any case."""
    header = answer.headers.get("last-page")
    return count == 0 or (header.lower() == "true" if header else count < size)


def _pause_of(answer: Response) -> int:
    """``Retry-After`` is not documented for Clockify; a date in it counts as untold."""
    told = answer.headers.get("retry-after", "")
    return max(1, int(told)) if told.isdigit() else _PAUSE_IF_UNTOLD


def _code_of(answer: Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return "none"
    code = body.get("code") if isinstance(body, dict) else None
    return str(code) if isinstance(code, int) else "none"


def _whole_second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
