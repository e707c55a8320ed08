"""Calls the process tier's `exceptions` API as the person who is signed in."""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, JsonValue, ValidationError

from experience_apis.upstream.cases import Case, CaseDetail, CasePage, Comment, RetryResult
from experience_apis.upstream.problems import contract_broken, problem_of
from shared.http_client import HttpClient, Response
from shared.identity import Principal, ServiceTokens

AUDIENCE = "timepost-process"

_READ, _WRITE = "cases:read", "cases:write"
_Model = TypeVar("_Model", bound=BaseModel)
_Filters = Mapping[str, str | int | bool | Sequence[str] | None]


class ProcessCases:
    """The cases, over HTTP.

    Each call carries the caller's token, exchanged for one with the single scope that the call
    needs; the process tier sees the person, their roles, and this tier as actor.

    Every method raises the process tier's problems as they are, ``NotSent`` (502) when it cannot
    be reached, and for what changes something ``NoAnswer`` (504) when it did not answer.
    """

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._http = http
        self._tokens = tokens

    async def find(self, caller: Principal, filters: _Filters) -> CasePage:
        """Cases that match, newest first; ``filters`` are the contract's query parameters."""
        response = await self._send(caller, "GET", "/v1/cases", scope=_READ, params=filters)
        return _understood(CasePage, response)

    async def read(self, caller: Principal, case_id: UUID) -> CaseDetail:
        """One case.

        :raises NotFound: no such case, or not one that the caller may see.
        """
        response = await self._send(caller, "GET", f"/v1/cases/{case_id}", scope=_READ)
        return _understood(CaseDetail, response)

    async def retry(self, caller: Principal, case_id: UUID) -> RetryResult:
        """Validate the entry's posting again, now."""
        response = await self._send(caller, "POST", f"/v1/cases/{case_id}/retry", scope=_WRITE)
        return _understood(RetryResult, response, unsafe=True)

    async def assign(
        self, caller: Principal, case_id: UUID, assignee: str | None, if_match: str
    ) -> Case:
        """Give the case to somebody, or (None) back to its owner role.

        :raises PreconditionFailed: the case was changed since ``if_match`` was read.
        """
        response = await self._send(
            caller,
            "PUT",
            f"/v1/cases/{case_id}/assignee",
            scope=_WRITE,
            json={"assignee": assignee},
            headers={"If-Match": if_match},
        )
        return _understood(Case, response, unsafe=True)

    async def comment(
        self, caller: Principal, case_id: UUID, text: str, idempotency_key: str | None
    ) -> Comment:
        """Write on the case; with a key, sending it twice writes it once."""
        response = await self._send(
            caller,
            "POST",
            f"/v1/cases/{case_id}/comments",
            scope=_WRITE,
            json={"text": text},
            headers={} if idempotency_key is None else {"Idempotency-Key": idempotency_key},
            idempotent=idempotency_key is not None,
        )
        return _understood(Comment, response, unsafe=True)

    async def _send(
        self,
        caller: Principal,
        method: str,
        path: str,
        *,
        scope: str,
        json: Mapping[str, JsonValue] | None = None,
        headers: Mapping[str, str] | None = None,
        params: _Filters | None = None,
        idempotent: bool | None = None,
    ) -> Response:
        token = await self._tokens.exchange_token(caller, AUDIENCE, [scope])
        response = await self._http.request(
            method,
            path,
            json=json,
            headers={**(headers or {}), "Authorization": f"Bearer {token}"},
            params=params,
            idempotent=idempotent,
        )
        if not response.is_success:
            raise problem_of(response, unsafe=scope == _WRITE)
        return response


def _understood(model: type[_Model], response: Response, *, unsafe: bool = False) -> _Model:
    try:
        return model.model_validate_json(response.content)
    except ValidationError:
        # Not chained: pydantic's message quotes its input, which is confidential.
        raise contract_broken(unsafe=unsafe) from None
