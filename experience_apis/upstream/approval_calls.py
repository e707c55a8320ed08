"""Calls the process tier's `approvals` API as the person who is signed in."""

from uuid import UUID

from pydantic import JsonValue

from experience_apis.upstream.approvals import (
    ApprovalRequest,
    ApprovalRequestDetail,
    ApprovalRequestPage,
    BatchResults,
    Delegation,
    DelegationList,
    SubmissionResult,
)
from experience_apis.upstream.as_caller import AsCaller, Filters, understood
from shared.http_client import HttpClient
from shared.identity import Principal, ServiceTokens

_READ, _WRITE = "approvals:read", "approvals:write"
_BASE = "/v1/approvals"


class ProcessApprovals:
    """The approvals, over HTTP; raises what `AsCaller` does.

    Everything here may be sent twice: submissions, decisions and delegations are recognised.
    """

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._tier = AsCaller(http, tokens)

    async def find(self, caller: Principal, filters: Filters) -> ApprovalRequestPage:
        """Requests that the caller may see; ``filters`` are the contract's query parameters."""
        path = f"{_BASE}/requests"
        response = await self._tier.send(caller, "GET", path, scope=_READ, params=filters)
        return understood(ApprovalRequestPage, response)

    async def read(self, caller: Principal, request_id: UUID) -> ApprovalRequestDetail:
        """One request.

        :raises NotFound: no such request, or not one that the caller may see.
        """
        path = f"{_BASE}/requests/{request_id}"
        response = await self._tier.send(caller, "GET", path, scope=_READ)
        return understood(ApprovalRequestDetail, response)

    async def submit(self, caller: Principal, wanted: JsonValue) -> SubmissionResult:
        """Ask for approval of hours."""
        path = f"{_BASE}/submissions"
        response = await self._tier.send(caller, "POST", path, scope=_WRITE, json=wanted)
        return understood(SubmissionResult, response, unsafe=True)

    async def withdraw(self, caller: Principal, request_id: UUID) -> ApprovalRequest:
        """Take a submission back."""
        path = f"{_BASE}/requests/{request_id}/withdrawal"
        response = await self._tier.send(caller, "POST", path, scope=_WRITE)
        return understood(ApprovalRequest, response, unsafe=True)

    async def decide(self, caller: Principal, decisions: JsonValue) -> BatchResults:
        """Decide on several requests, each on its own."""
        path, body = f"{_BASE}/decisions", {"decisions": decisions}
        response = await self._tier.send(caller, "POST", path, scope=_WRITE, json=body)
        return understood(BatchResults, response, unsafe=True)

    async def delegations(self, caller: Principal, *, in_force: bool) -> DelegationList:
        """To and from the caller."""
        path, params = f"{_BASE}/delegations", {"in_force": in_force}
        response = await self._tier.send(caller, "GET", path, scope=_READ, params=params)
        return understood(DelegationList, response)

    async def delegate(self, caller: Principal, wanted: JsonValue) -> Delegation:
        """Let somebody act in one's place."""
        path = f"{_BASE}/delegations"
        response = await self._tier.send(caller, "POST", path, scope=_WRITE, json=wanted)
        return understood(Delegation, response, unsafe=True)

    async def end_delegation(self, caller: Principal, delegation_id: UUID) -> Delegation:
        """End a delegation now."""
        path = f"{_BASE}/delegations/{delegation_id}"
        response = await self._tier.send(caller, "DELETE", path, scope=_WRITE)
        return understood(Delegation, response, unsafe=True)
