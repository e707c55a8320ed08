"""Calls the process tier's `exceptions` API as the person who is signed in."""

from uuid import UUID

from pydantic import JsonValue

from experience_apis.upstream.as_caller import AsCaller, Filters, understood
from experience_apis.upstream.cases import (
    Case,
    CaseDetail,
    CasePage,
    ChoiceResult,
    Comment,
    ConfirmationResult,
    RetryResult,
)
from shared.http_client import HttpClient, Response
from shared.identity import Principal, ServiceTokens

_READ, _WRITE = "cases:read", "cases:write"


class ProcessCases:
    """The cases, over HTTP; raises what `AsCaller` does."""

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._tier = AsCaller(http, tokens)

    async def find(self, caller: Principal, filters: Filters) -> CasePage:
        """Cases that match, newest first; ``filters`` are the contract's query parameters."""
        response = await self._tier.send(caller, "GET", "/v1/cases", scope=_READ, params=filters)
        return understood(CasePage, response)

    async def read(self, caller: Principal, case_id: UUID) -> CaseDetail:
        """One case.

        :raises NotFound: no such case, or not one that the caller may see.
        """
        response = await self._tier.send(caller, "GET", f"/v1/cases/{case_id}", scope=_READ)
        return understood(CaseDetail, response)

    async def retry(self, caller: Principal, case_id: UUID) -> RetryResult:
        """Validate the entry's posting again, now."""
        response = await self._tier.send(caller, "POST", f"/v1/cases/{case_id}/retry", scope=_WRITE)
        return understood(RetryResult, response, unsafe=True)

    async def assign(
        self, caller: Principal, case_id: UUID, assignee: str | None, if_match: str
    ) -> Case:
        """Give the case to somebody, or (None) back to its owner role.

        :raises PreconditionFailed: the case was changed since ``if_match`` was read.
        """
        response = await self._tier.send(
            caller,
            "PUT",
            f"/v1/cases/{case_id}/assignee",
            scope=_WRITE,
            json={"assignee": assignee},
            headers={"If-Match": if_match},
        )
        return understood(Case, response, unsafe=True)

    async def confirm(
        self,
        caller: Principal,
        case_id: UUID,
        said: JsonValue,
        if_match: str,
        idempotency_key: str | None,
    ) -> ConfirmationResult:
        """Say how an unknown outcome ended; with a key, sending it twice counts once.

        :raises PreconditionFailed: the case was changed since ``if_match`` was read.
        :raises Conflict: there is nothing to confirm, or the line is another posting's.
        """
        key = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        response = await self._tier.send(
            caller,
            "POST",
            f"/v1/cases/{case_id}/confirmation",
            scope=_WRITE,
            json=said,
            headers={"If-Match": if_match, **key},
            idempotent=idempotency_key is not None,
        )
        return understood(ConfirmationResult, response, unsafe=True)

    async def choose(
        self, caller: Principal, case_id: UUID, said: JsonValue, if_match: str
    ) -> ChoiceResult:
        """Choose how the case goes on.

        :raises PreconditionFailed: the case was changed since ``if_match`` was read.
        :raises Conflict: it cannot be chosen, or not any more.
        """
        response = await self._decide(caller, "POST", f"{case_id}/choice", if_match, said)
        return understood(ChoiceResult, response, unsafe=True)

    async def ask_for_waiver(
        self, caller: Principal, case_id: UUID, reason: str, if_match: str
    ) -> Case:
        """Ask to leave it as it is; raises what `choose` does."""
        said: JsonValue = {"reason": reason}
        response = await self._decide(caller, "POST", f"{case_id}/waiver", if_match, said)
        return understood(Case, response, unsafe=True)

    async def decline_waiver(self, caller: Principal, case_id: UUID, if_match: str) -> Case:
        """Decline it, or take the question back; raises what `choose` does."""
        response = await self._decide(caller, "DELETE", f"{case_id}/waiver", if_match)
        return understood(Case, response, unsafe=True)

    async def agree_to_waiver(self, caller: Principal, case_id: UUID, if_match: str) -> Case:
        """Agree to it; raises what `choose` does."""
        response = await self._decide(caller, "POST", f"{case_id}/waiver/approval", if_match)
        return understood(Case, response, unsafe=True)

    async def _decide(
        self,
        caller: Principal,
        method: str,
        path: str,
        if_match: str,
        said: JsonValue = None,
    ) -> Response:
        return await self._tier.send(
            caller,
            method,
            f"/v1/cases/{path}",
            scope=_WRITE,
            json=said,
            headers={"If-Match": if_match},
        )

    async def comment(
        self, caller: Principal, case_id: UUID, text: str, idempotency_key: str | None
    ) -> Comment:
        """Write on the case; with a key, sending it twice writes it once."""
        response = await self._tier.send(
            caller,
            "POST",
            f"/v1/cases/{case_id}/comments",
            scope=_WRITE,
            json={"text": text},
            headers={} if idempotency_key is None else {"Idempotency-Key": idempotency_key},
            idempotent=idempotency_key is not None,
        )
        return understood(Comment, response, unsafe=True)
