"""Calls to Nameless's API: refusals become problems, answers become its models."""

from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.connector_templates.time_tracking.platform_models import Entry, Row
from system_apis.connector_templates.time_tracking.settings import NamelessSettings

T = TypeVar("T")

_PAUSE_IF_UNTOLD = 2


class NotThere(UpstreamRefused):
    """Nameless does not have what the request names (404)."""

    default_code = "nameless_not_there"


class Forbidden(UpstreamRefused):
    """The account may not see what the request names (403). That is no deletion."""

    default_code = "nameless_not_allowed"
    default_action = "Check the rights of the key's account."


class NamelessClient:
    """One account."""

    def __init__(self, http: HttpClient, settings: NamelessSettings) -> None:
        self._http = http
        self._settings = settings

    async def account(self) -> str:
        """Name of the account that the key belongs to."""
        raise NotImplementedError(
            "Say which cheap call proves the key, such as "
            '`understood(await self.call("GET", "/users/me"), TypeAdapter(User)).name`.'
        )

    async def entry(self, entry_id: str) -> Entry:
        """
        :raises NotThere: it was deleted, or never was.
        :raises Forbidden: it may be there, but the account may not see it.
        """
        raise NotImplementedError(
            "Say how an entry is read by its id, such as "
            '`understood(await self.call("GET", f"/entries/{entry_id}"), TypeAdapter(Entry))`. '
            "Anybody can send any id: raise NotThere for one that cannot be, "
            "before it becomes part of a path. What is answered for a deleted one?"
        )

    async def changed_entries(
        self, since: datetime, until: datetime, page: int, size: int
    ) -> tuple[list[Row], bool]:
        """One page of the entries that changed, and whether it is the last. Pages count from 0."""
        raise NotImplementedError(
            "Say how changed entries are listed: path, parameters, paging. Try whether a filter by "
            "instant of change does anything: some trackers ignore it without a word. If there is "
            "none, list a window of work dates. Are deleted entries in the list?"
        )

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
            headers={"Authorization": f"Bearer {self._settings.api_key.get_secret_value()}"},
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
        f"Nameless's answer to {_target(answer)} is not understood: {faults}.",
        action="Check base_url; or the API has changed: report this.",
        code="nameless_answer_not_understood",
    )


def _refuse_unless_success(answer: Response) -> None:
    if answer.is_success:
        return
    status = answer.status_code
    if status == 401:
        raise UpstreamRefused(
            "Nameless refuses the API key (401).", code="nameless_credentials_refused"
        )
    if status == 403:
        raise Forbidden(f"Nameless does not allow {_target(answer)} to the key's account (403).")
    if status == 404:
        raise NotThere(f"Nameless has no {_target(answer)}.")
    if status == 429:
        told = answer.headers.get("retry-after", "")
        pause = max(1, int(told)) if told.isdigit() else _PAUSE_IF_UNTOLD
        raise TooManyRequests("Nameless answers 429: too many requests.", retry_after=pause)
    if status >= 500:
        raise UpstreamUnavailable(f"Nameless answers {status} to {_target(answer)}.")
    raise UpstreamRefused(
        f"Nameless answers {status} to {_target(answer)}.", code="nameless_request_refused"
    )


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
