"""Calls to TimeTagger's API; refusals become problems, answers become its own models."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.connectors.timetagger.platform_models import (
    Record,
    Stamp,
    Stored,
    Updates,
    Version,
    Written,
)
from system_apis.connectors.timetagger.settings import Person

M = TypeVar("M", bound=BaseModel)

_PAUSE_IF_UNTOLD = 2


class TimeTaggerClient:
    """One server. Every call is made with the token of one person, who sees only their own."""

    def __init__(self, http: HttpClient, base_url: str) -> None:
        self._http = http
        self._api = f"{base_url}/api/v2"

    async def version(self, person: Person) -> str:
        return _understood(await self._call("GET", "/version", person), Version).version

    async def updates(self, person: Person, since: float) -> tuple[list[Stored], bool]:
        """What was stored since an instant (epoch seconds, server's clock), deleted records too;
        and whether the server asks for everything to be loaded anew (then it is everything).

        There is no other way to a record whose times are not known: 0 gives the whole store.
        """
        params = {"since": repr(since)}  # all digits: rounded up, it would pass records over
        answer = _understood(await self._call("GET", "/updates", person, params=params), Updates)
        return [_stored(raw) for raw in answer.records], answer.reset

    async def put(self, person: Person, records: list[Record]) -> list[str]:
        """Store records; returns the keys of those that are refused.

        A record with an ``mt`` before that of the present one counts as accepted and is dropped:
        only reading it again tells.
        """
        body = [record.model_dump(exclude={"st"}) for record in records]
        answer = await self._call("PUT", "/records", person, json=body, idempotent=True)
        return _understood(answer, Written).failed

    async def _call(
        self,
        method: str,
        path: str,
        person: Person,
        *,
        params: dict[str, str] | None = None,
        json: Any = None,
        idempotent: bool | None = None,
    ) -> Response:
        answer = await self._http.request(
            method,
            self._api + path,
            params=params,
            json=json,
            headers={"authtoken": person.api_token.get_secret_value()},
            idempotent=idempotent,
        )
        _refuse_unless_success(answer, person)
        return answer


def _refuse_unless_success(answer: Response, person: Person) -> None:
    if answer.is_success:
        return
    status = answer.status_code
    if status == 401:
        raise UpstreamRefused(
            f"TimeTagger refuses the API token of {person.key} (401).",
            action="Let the person copy the token from TimeTagger's settings again.",
            code="timetagger_token_refused",
        )
    if status == 429:
        told = answer.headers.get("retry-after", "")
        pause = max(1, int(told)) if told.isdigit() else _PAUSE_IF_UNTOLD
        raise TooManyRequests("TimeTagger answers 429: too many requests.", retry_after=pause)
    if status >= 500:
        raise UpstreamUnavailable(f"TimeTagger answers {status} to {_target(answer)}.")
    raise UpstreamRefused(
        f"TimeTagger answers {status} to {_target(answer)}.",
        action="Check base_url: it ends with the path prefix, such as /timetagger.",
        code="timetagger_request_refused",
    )


def _understood(answer: Response, model: type[M]) -> M:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        faults = _places(error)
    raise _not_understood(answer, faults)


def _stored(raw: dict[str, Any]) -> Stored:
    """One odd record spoils no other; without a key or an instant none can be told apart."""
    try:
        stamp = Stamp.model_validate(raw)
    except ValidationError as error:
        faults = _places(error)
    else:
        try:
            return Stored(stamp.key, stamp.st, Record.model_validate(raw))
        except ValidationError:
            return Stored(stamp.key, stamp.st, None)
    raise UpstreamRefused(
        f"A record of TimeTagger is not understood: {faults}.", code="timetagger_not_understood"
    )


def _not_understood(answer: Response, faults: str) -> UpstreamRefused:
    return UpstreamRefused(
        f"TimeTagger's answer to {_target(answer)} is not understood: {faults}.",
        action="Check base_url, and whether a proxy asks for a sign-in.",
        code="timetagger_not_understood",
    )


def _places(error: ValidationError) -> str:
    """Where it is wrong; never the values, which may be narratives."""
    places = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
    return ", ".join(places[:5])


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
