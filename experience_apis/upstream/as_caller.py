"""Calls the process tier as the person who is signed in."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from experience_apis.upstream.problems import contract_broken, problem_of
from shared.http_client import HttpClient, Response
from shared.identity import Principal, ServiceTokens

AUDIENCE = "timepost-process"

Filters = Mapping[str, str | int | bool | Sequence[str] | None]
Model = TypeVar("Model", bound=BaseModel)


class AsCaller:
    """The process tier over HTTP.

    Each call carries the caller's token, exchanged for one with the single scope that the call
    needs; the process tier sees the person, their roles, and this tier as actor.

    Raises the process tier's problems as they are, ``NotSent`` (502) when it cannot be reached,
    and for what changes something ``NoAnswer`` (504) when it did not answer.
    """

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._http = http
        self._tokens = tokens

    async def send(
        self,
        caller: Principal,
        method: str,
        path: str,
        *,
        scope: str,
        json: JsonValue = None,
        headers: Mapping[str, str] | None = None,
        params: Filters | None = None,
        idempotent: bool | None = None,
    ) -> Response:
        """:param scope: one that ends in ``:write`` changes something."""
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
            raise problem_of(response, unsafe=scope.endswith(":write"))
        return response


def understood(model: type[Model], response: Response, *, unsafe: bool = False) -> Model:
    """The answer as the contract has it.

    :raises UpstreamRefused: it is not; ``OutcomeUnknown`` if it may have changed something.
    """
    try:
        return model.model_validate_json(response.content)
    except ValidationError:
        # Not chained: pydantic's message quotes its input, which is confidential.
        raise contract_broken(unsafe=unsafe) from None
