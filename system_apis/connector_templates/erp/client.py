"""Calls to Nameless's API: refusals become problems, answers become its models."""

from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.connector_templates.erp.platform_models import Line, Wire
from system_apis.connector_templates.erp.settings import NamelessSettings

T = TypeVar("T")
W = TypeVar("W", bound=Wire)

_PAUSE_IF_UNTOLD = 2


class CredentialsRefused(UpstreamRefused):
    """Nameless refuses the key (401, 403): nothing was done."""

    default_code = "nameless_credentials_refused"


class RequestRefused(UpstreamRefused):
    """Nameless refuses what was asked (other 4xx): nothing was done."""

    default_code = "nameless_request_refused"


class NamelessClient:
    """One account."""

    def __init__(self, http: HttpClient, settings: NamelessSettings) -> None:
        self._http = http
        self._settings = settings

    async def account(self) -> str:
        """Name of the account that the key belongs to."""
        raise NotImplementedError("Say which cheap call proves the key.")

    async def create_line(self, body: dict[str, Any]) -> Line:
        """
        :raises RequestRefused: the line is refused.
        """
        raise NotImplementedError(
            "Say how a line is created, such as "
            '`understood(await self.call("POST", "/lines", json=body), TypeAdapter(Line))`. Never '
            "with idempotent=True, unless the ERP itself takes a key twice only once."
        )

    async def lines_with_key(self, posting_key: str) -> list[Line]:
        """All lines that carry the key: more than one is a double posting."""
        raise NotImplementedError(
            "Say how lines are found by posting key. Without this, a person has to decide about "
            "every call that was not answered."
        )

    async def lines(self, ids: list[str]) -> list[Line]:
        """Those that are still there."""
        raise NotImplementedError("Say how lines are read by their ids.")

    async def page(
        self, kind: type[W], cursor: str | None, limit: int, changed_since: datetime | None
    ) -> tuple[list[W], str | None]:
        """One page of a master list, and the cursor of the next."""
        raise NotImplementedError(
            "Say where each kind (Company, Employee, Customer, Project, Task, Period) is listed, "
            "how it is paged, and whether it can be asked for what changed. Without changed_since "
            "the pages together have to be complete, closed and former ones included."
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
    if status in (401, 403):
        raise CredentialsRefused(f"Nameless refuses the key for {_target(answer)} ({status}).")
    if status == 429:
        told = answer.headers.get("retry-after", "")
        pause = max(1, int(told)) if told.isdigit() else _PAUSE_IF_UNTOLD
        raise TooManyRequests("Nameless answers 429: too many requests.", retry_after=pause)
    if status >= 500:
        raise UpstreamUnavailable(f"Nameless answers {status} to {_target(answer)}.")
    raise RequestRefused(f"Nameless answers {status} to {_target(answer)}.")


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
