"""Calls to HubSpot's API: refusals become problems, answers become its models."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.capabilities.repairing import RecordRefused
from system_apis.connectors.hubspot.platform_models import (
    AssociationList,
    Error,
    Page,
    PipelineList,
    Record,
    SearchResult,
)
from system_apis.connectors.hubspot.settings import HubSpotSettings

T = TypeVar("T")
Kind = Literal["companies", "deals"]

MOST_ROWS = 100
_RECORD_AT_FAULT = frozenset({400, 404, 409})
_MOVING = 477  # the account is being moved to another data centre
# 429 says which limit was met, and not for how long.
_PAUSES = {"SECONDLY": 1, "TEN_SECONDLY_ROLLING": 10, "DAILY": 3600}


class HubSpotClient:
    """One account, with one token."""

    def __init__(self, http: HttpClient, settings: HubSpotSettings) -> None:
        self._http = http
        self._settings = settings

    async def page(
        self,
        kind: Kind,
        after: str | None,
        limit: int,
        properties: Sequence[str] = (),
        *,
        archived: bool = False,
    ) -> Page:
        """By ascending id, so that what comes and goes shifts nothing."""
        params: dict[str, str | int] = {"limit": min(limit, MOST_ROWS)}
        if properties:
            params["properties"] = ",".join(properties)
        if archived:
            params["archived"] = "true"
        if after is not None:
            params["after"] = after
        return await self._call("GET", f"/crm/v3/objects/{kind}", Page, params=params)

    async def changed(
        self, kind: Kind, since: datetime, beyond: int, limit: int, properties: Sequence[str]
    ) -> SearchResult:
        """By ascending id, beyond one: a search gives no more than 10,000 hits by paging."""
        milliseconds = str(int(since.timestamp() * 1000))
        filters = [
            {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": milliseconds},
            {"propertyName": "hs_object_id", "operator": "GT", "value": str(beyond)},
        ]
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": min(limit, MOST_ROWS),
        }
        return await self._call("POST", f"/crm/v3/objects/{kind}/search", SearchResult, json=body)

    async def company(self, number: str, properties: Sequence[str]) -> Record | None:
        """None if there is none, or none any more: of a merged one the number leads to another."""
        answer = await self._send(
            "GET", _company(number), params={"properties": ",".join(properties)}
        )
        if answer.status_code == 404:
            return None
        _refuse_unless_success(answer)
        found = _understood(answer, TypeAdapter(Record))
        return found if found.id == number else None

    async def change_company(self, number: str, properties: Mapping[str, str]) -> None:
        """Sent once.

        :raises RecordRefused: HubSpot will not have one of the values.
        """
        answer = await self._send(
            "PATCH", _company(number), json={"properties": dict(properties)}, idempotent=False
        )
        if answer.status_code in _RECORD_AT_FAULT:
            why = _error(answer).category or answer.status_code
            raise RecordRefused(f"HubSpot will not have that in this company: {why}.")
        _refuse_unless_success(answer)

    async def companies_of(self, deals: Sequence[str]) -> AssociationList:
        """Of each deal that has any."""
        return await self._call(
            "POST",
            "/crm/v4/associations/deals/companies/batch/read",
            AssociationList,
            json={"inputs": [{"id": each} for each in deals]},
        )

    async def owners(self, after: str | None) -> Page:
        params: dict[str, str | int] = {"limit": MOST_ROWS}
        if after is not None:
            params["after"] = after
        return await self._call("GET", "/crm/v3/owners", Page, params=params)

    async def pipelines(self) -> PipelineList:
        return await self._call("GET", "/crm/v3/pipelines/deals", PipelineList)

    async def _call(
        self,
        method: str,
        path: str,
        model: type[T],
        *,
        params: dict[str, str | int] | None = None,
        json: Any = None,
    ) -> T:
        # Searches and batch reads are POST, and change nothing.
        answer = await self._send(method, path, params=params, json=json, idempotent=True)
        _refuse_unless_success(answer)
        return _understood(answer, TypeAdapter(model))

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        json: Any = None,
        idempotent: bool | None = None,
    ) -> Response:
        return await self._http.request(
            method,
            self._settings.base_url + path,
            params=params,
            json=json,
            headers={"Authorization": f"Bearer {self._settings.token.get_secret_value()}"},
            idempotent=idempotent,
        )


def _company(number: str) -> str:
    return f"/crm/v3/objects/companies/{quote(number, safe='')}"


def _understood(answer: Response, adapter: TypeAdapter[T]) -> T:
    """
    :raises UpstreamRefused: the answer is something else; without its values.
    """
    try:
        return adapter.validate_json(answer.content)
    except ValidationError as error:
        # Neither the values nor the exception itself: they are clients' data.
        places = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
        faults = ", ".join(places[:5])
    raise UpstreamRefused(
        f"HubSpot's answer to {_target(answer)} is not understood: {faults}.",
        action="Check base_url; or the API has changed: report this.",
        code="hubspot_answer_not_understood",
    )


def _refuse_unless_success(answer: Response) -> None:
    if answer.is_success:
        return
    status, told = answer.status_code, _error(answer)
    if status == 429:
        pause = _wait(answer) or _PAUSES.get(told.policy or "", 10)
        raise TooManyRequests("HubSpot answers 429: too many requests.", retry_after=pause)
    if status >= 500 or status in (423, _MOVING):
        raise UpstreamUnavailable(
            f"HubSpot answers {status} to {_target(answer)}.", retry_after=_wait(answer)
        )
    if status == 401:
        raise UpstreamRefused(
            f"HubSpot refuses the token for {_target(answer)} (401).",
            action="Check the token of the private app.",
            code="hubspot_credentials_refused",
        )
    if status == 403:
        raise UpstreamRefused(
            f"HubSpot does not allow {_target(answer)} to the app (403).",
            action="Give the private app the scopes crm.objects.companies.read, "
            "crm.objects.deals.read and crm.objects.owners.read; for repairs, "
            "crm.objects.companies.write, too.",
            code="hubspot_scope_missing",
        )
    raise UpstreamRefused(
        f"HubSpot answers {status} ({told.category or 'no category'}) to {_target(answer)}.",
        action="Check the properties in the connection's options.",
        code="hubspot_request_refused",
    )


def _error(answer: Response) -> Error:
    """Its own words for the refusal, without the message: that quotes what was asked."""
    try:
        told = Error.model_validate_json(answer.content)
    except ValidationError:
        return Error()
    known = told.category if told.category and told.category.isidentifier() else None
    return Error(category=known and known[:50], policy=told.policy)


def _wait(answer: Response) -> int | None:
    told = answer.headers.get("retry-after", "")
    return max(1, int(told)) if told.isdigit() else None


def _target(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
