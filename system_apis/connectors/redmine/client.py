"""Calls to Redmine's API: refusals become problems, answers become its models."""

from datetime import date
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.connectors.redmine.platform_models import (
    Entry,
    EntryBox,
    EntryPage,
    FieldDefinition,
    FieldList,
    User,
    UserBox,
)
from system_apis.connectors.redmine.settings import RedmineSettings

T = TypeVar("T")

_PAUSE_IF_UNTOLD = 2


class NotThere(UpstreamRefused):
    """Redmine does not have what the request names (404)."""

    default_code = "redmine_not_there"


class Forbidden(UpstreamRefused):
    """The account may not, or the project is archived (403); Redmine does not say which."""

    default_code = "redmine_not_allowed"
    default_action = "Check the account's rights, and whether the project is archived."


class Refused(UpstreamRefused):
    """Redmine refuses what was asked (422 and the like); its texts may quote the entry."""

    default_code = "redmine_request_refused"


class RedmineClient:
    """One account."""

    def __init__(self, http: HttpClient, settings: RedmineSettings) -> None:
        self._http = http
        self._settings = settings

    async def account(self) -> User:
        """Account that the key belongs to."""
        answer = await self.call("GET", "/users/current.json")
        return understood(answer, TypeAdapter(UserBox)).user

    async def user(self, number: int) -> User:
        """
        :raises NotThere: there is no such user, or none that the account may see.
        """
        answer = await self.call("GET", f"/users/{number}.json")
        return understood(answer, TypeAdapter(UserBox)).user

    async def entry(self, number: int) -> Entry:
        """
        :raises NotThere: it was deleted, or never was.
        :raises Forbidden: its project is archived, or the account may not see it.
        """
        answer = await self.call("GET", f"/time_entries/{number}.json")
        return understood(answer, TypeAdapter(EntryBox)).time_entry

    async def entries(
        self, first_day: date, project: str | None, offset: int, limit: int
    ) -> EntryPage:
        """A page of the entries from a work date on, latest first. Nothing else can be asked for:
        filters and sorting by `updated_on` are ignored without a word.

        :raises Forbidden: the project is archived, or the account may not see it.
        """
        params: dict[str, str | int] = {
            "from": first_day.isoformat(),
            "offset": offset,
            "limit": limit,
        }
        if project is not None:
            params["project_id"] = project
        answer = await self.call("GET", "/time_entries.json", params=params)
        return understood(answer, TypeAdapter(EntryPage))

    async def set_field(self, number: int, field: int, value: str) -> None:
        """Set a custom field. Redmine drops it without a word if the account's role may not edit
        it: only reading the entry again tells.

        :raises Refused: 422, such as for a value that is not in the field's list.
        """
        body = {"time_entry": {"custom_fields": [{"id": field, "value": value}]}}
        await self.call("PUT", f"/time_entries/{number}.json", json=body, idempotent=True)

    async def fields(self) -> list[FieldDefinition]:
        """
        :raises Forbidden: the account is no administrator.
        """
        answer = await self.call("GET", "/custom_fields.json")
        return understood(answer, TypeAdapter(FieldList)).custom_fields

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        json: Any = None,
        idempotent: bool | None = None,
    ) -> Response:
        """
        :param idempotent: whether a lost call may be repeated; reads are in any case.
        """
        answer = await self._http.request(
            method,
            self._settings.base_url + path,
            params=params,
            json=json,
            headers={"X-Redmine-API-Key": self._settings.api_key.get_secret_value()},
            idempotent=idempotent,
        )
        _refuse_unless_success(answer)
        return answer


def understood(answer: Response, adapter: TypeAdapter[T]) -> T:
    """
    :raises UpstreamRefused: the answer is something else; without its values.
    """
    try:
        return adapter.validate_json(answer.content)
    except ValidationError as error:
        # Neither the values nor the exception itself: they may hold narratives.
        places = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
        faults = ", ".join(places[:5])
    raise UpstreamRefused(
        f"Redmine's answer to {_target(answer)} is not understood: {faults}.",
        action="Check base_url; or the API has changed: report this.",
        code="redmine_answer_not_understood",
    )


def _refuse_unless_success(answer: Response) -> None:
    if answer.is_success:
        return
    status = answer.status_code
    if status == 401:
        raise UpstreamRefused(
            f"Redmine refuses the API key for {_target(answer)} (401).",
            action="Check the key, and that REST web services are enabled in Redmine's settings.",
            code="redmine_credentials_refused",
        )
    if status == 403:
        raise Forbidden(f"Redmine does not allow {_target(answer)} to the key's account (403).")
    if status == 404:
        raise NotThere(f"Redmine has no {_target(answer)}.")
    if status == 429:
        told = answer.headers.get("retry-after", "")
        pause = max(1, int(told)) if told.isdigit() else _PAUSE_IF_UNTOLD
        raise TooManyRequests("Redmine answers 429: too many requests.", retry_after=pause)
    if status >= 500:
        raise UpstreamUnavailable(f"Redmine answers {status} to {_target(answer)}.")
    raise Refused(f"Redmine answers {status} to {_target(answer)}.")


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
