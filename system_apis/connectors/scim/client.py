"""Calls to a SCIM service: refusals become problems, answers become its models."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.capabilities.repairing import RecordRefused
from system_apis.connectors.scim.platform_models import Error, ListResponse, User
from system_apis.connectors.scim.settings import ScimSettings

T = TypeVar("T")
Kind = Literal["Users", "Groups"]

_MEDIA_TYPE = "application/scim+json"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
# Bad request, gone meanwhile, not unique, precondition.
_RECORD_AT_FAULT = frozenset({400, 404, 409, 412})
_PAUSE_IF_UNTOLD = 5


class ScimClient:
    """One service, with one token."""

    def __init__(self, http: HttpClient, settings: ScimSettings) -> None:
        self._http = http
        self._settings = settings

    async def list(
        self, kind: Kind, start_index: int, count: int, changed_since: datetime | None
    ) -> ListResponse:
        """A page; the first row has index 1. Services may give fewer rows than asked for."""
        params: dict[str, str | int] = {"startIndex": start_index, "count": count}
        if self._settings.sort_by != "none":
            by_name = self._settings.sort_by == "userName" and kind == "Groups"
            params["sortBy"] = "displayName" if by_name else self._settings.sort_by
        if changed_since is not None:
            instant = changed_since.astimezone(UTC).isoformat().replace("+00:00", "Z")
            params["filter"] = f'meta.lastModified ge "{instant}"'
        return await self._get(f"/{kind}", ListResponse, params)

    async def user(self, number: str) -> User | None:
        """One account; None if there is none, or none any more."""
        path = f"/Users/{quote(number, safe='')}"
        answer = await self._http.get(self._settings.base_url + path, headers=self._headers())
        if answer.status_code == 404:
            return None
        _refuse_unless_success(answer)
        return _understood(answer, TypeAdapter(User))

    async def change_user(self, number: str, operations: Sequence[Mapping[str, Any]]) -> None:
        """All of these operations or none; sent once.

        :raises RecordRefused: the service will not have one of the values.
        """
        answer = await self._http.request(
            "PATCH",
            f"{self._settings.base_url}/Users/{quote(number, safe='')}",
            json={"schemas": [_PATCH], "Operations": list(operations)},
            headers=self._headers() | {"Content-Type": _MEDIA_TYPE},
        )
        if answer.status_code in _RECORD_AT_FAULT:
            why = _scim_type(answer) or str(answer.status_code)
            raise RecordRefused(f"The SCIM service will not have that in this user: {why}.")
        _refuse_unless_success(answer)

    async def _get(self, path: str, model: type[T], params: dict[str, str | int]) -> T:
        answer = await self._http.get(
            self._settings.base_url + path, params=params, headers=self._headers()
        )
        _refuse_unless_success(answer)
        return _understood(answer, TypeAdapter(model))

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._settings.token.get_secret_value()}",
            "Accept": _MEDIA_TYPE,
        }


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
        f"The answer of the SCIM service to {_target(answer)} is not understood: {faults}.",
        action="Check base_url: it ends before /Users.",
        code="scim_answer_not_understood",
    )


def _refuse_unless_success(answer: Response) -> None:
    if answer.is_success:
        return
    status = answer.status_code
    if status == 429:
        told = answer.headers.get("retry-after", "")
        pause = max(1, int(told)) if told.isdigit() else _PAUSE_IF_UNTOLD
        raise TooManyRequests("The SCIM service answers 429: too many requests.", retry_after=pause)
    if status >= 500:
        raise UpstreamUnavailable(f"The SCIM service answers {status} to {_target(answer)}.")
    if status in (401, 403):
        raise UpstreamRefused(
            f"The SCIM service refuses the token for {_target(answer)} ({status}).",
            action="Check the token, and that it may read users and groups; or write, for repairs.",
            code="scim_credentials_refused",
        )
    if kind := _scim_type(answer):
        raise UpstreamRefused(
            f"The SCIM service refuses {_target(answer)}: {kind}.",
            action="Set delta = false if it cannot filter, sort_by if it cannot sort that way.",
            code="scim_request_refused",
        )
    raise UpstreamRefused(
        f"The SCIM service answers {status} to {_target(answer)}.",
        action="Check base_url: it ends before /Users.",
        code="scim_request_refused",
    )


def _scim_type(answer: Response) -> str | None:
    """Its own word for the refusal; the detail may quote people's data."""
    try:
        told = Error.model_validate_json(answer.content).scim_type
    except ValidationError:
        return None
    return told[:50] if told else None


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
