"""Calls to the system tier: one place for tokens, problems, and what an answer means."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError

from process_apis.provided import provided
from process_apis.upstream.connections import Capability, Connection, Connections
from process_apis.upstream.erp import (
    ErpAbilities,
    LookupItem,
    LookupResult,
    PostingRequest,
    PostOutcomes,
    PostRequest,
    ReadResult,
)
from process_apis.upstream.listing import M, MasterAbilities, MasterPage, RowPage
from process_apis.upstream.master_events import ParsedMasterWebhook
from process_apis.upstream.repairs import RepairsMade, RepairsToMake, RepairToMake
from process_apis.upstream.time_tracking import (
    ApprovalPage,
    ApprovalsFound,
    EntriesFound,
    EntryChanges,
    EntryListing,
    FeedbackResults,
    MastersTaken,
    MastersToTake,
    MasterToTake,
    ParsedWebhook,
    TimeTrackingAbilities,
)
from shared.http_client import HttpClient
from shared.identity import ServiceTokens
from shared.problems import (
    NotFound,
    OutcomeUnknown,
    TooManyRequests,
    UpstreamRefused,
    UpstreamUnavailable,
)

AUDIENCE = "timepost-system"
CONTRACT_BROKEN = "upstream_contract_broken"
# The system tier itself failed, which says nothing about the product behind it.
SYSTEM_TIER_FAILED = "system_tier_failed"
PAGE = 500

Answer = TypeVar("Answer", bound=BaseModel)
_Params = Mapping[str, str | int | None]


class RequestRefused(UpstreamRefused):
    """The request itself was at fault, not the connection: others may be taken."""

    default_code = "request_refused"


class SystemTier:
    """The system tier, as the processes call it.

    Reads raise `UpstreamUnavailable` or `TooManyRequests` if trying again later makes sense,
    `UpstreamRefused` if an operator has to act, `NotFound` for an unknown connection.
    """

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._http = http
        self._tokens = tokens

    async def ready(self) -> None:
        """:raises UpstreamUnavailable: the tier does not answer."""
        answer = await self._http.get("/health")
        if answer.status_code != 200:
            raise UpstreamUnavailable(f"The system tier answered {answer.status_code}.")

    async def connections(self) -> list[Connection]:
        return (await self._read("GET", "/v1/connections", Connections)).connections

    # time_tracking

    async def tracker_abilities(self, connection: str) -> TimeTrackingAbilities:
        return await self._read("GET", _tracker(connection, "abilities"), TimeTrackingAbilities)

    async def entries_by_ids(self, connection: str, ids: Sequence[str]) -> EntriesFound:
        path = _tracker(connection, "entries/lookup")
        return await self._read("POST", path, EntriesFound, json={"ids": list(ids)})

    async def entries_changed(
        self, connection: str, since: datetime, until: datetime
    ) -> AsyncIterator[EntryChanges]:
        params = {"since": since.isoformat(), "until": until.isoformat(), "limit": PAGE}
        path = _tracker(connection, "entries/changes")
        async for page in self._pages(path, EntryChanges, params):
            yield page

    async def entries_in_window(
        self, connection: str, first_day: date, last_day: date
    ) -> AsyncIterator[EntryListing]:
        params = {
            "first_day": first_day.isoformat(),
            "last_day": last_day.isoformat(),
            "limit": PAGE,
        }
        async for page in self._pages(_tracker(connection, "entries"), EntryListing, params):
            yield page

    async def approvals_by_ids(self, connection: str, ids: Sequence[str]) -> ApprovalsFound:
        path = _tracker(connection, "approvals/lookup")
        return await self._read("POST", path, ApprovalsFound, json={"ids": list(ids)})

    async def approvals(
        self, connection: str, first_day: date, last_day: date
    ) -> AsyncIterator[ApprovalPage]:
        params = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
        async for page in self._pages(_tracker(connection, "approvals"), ApprovalPage, params):
            yield page

    async def give_feedback(
        self, connection: str, items: Sequence[Mapping[str, Any]]
    ) -> FeedbackResults:
        """Safe to repeat: the contract says that telling the same twice changes nothing."""
        path = _tracker(connection, "feedback")
        return await self._read("POST", path, FeedbackResults, json={"items": list(items)})

    async def take_masters(
        self, connection: str, items: Sequence[MasterToTake], deadline: datetime
    ) -> MastersTaken:
        """Safe to repeat: the contract says that what is there is looked for first."""
        body = MastersToTake(items=list(items), deadline=deadline).model_dump(mode="json")
        return await self._read("POST", _tracker(connection, "masters"), MastersTaken, json=body)

    async def parse_webhook(
        self, connection: str, headers: Mapping[str, str], body_base64: str
    ) -> ParsedWebhook:
        payload = {"headers": dict(headers), "body_base64": body_base64}
        path = _tracker(connection, "webhooks/parse")
        return await self._read("POST", path, ParsedWebhook, json=payload)

    # hcm, crm, directory

    async def master_abilities(self, capability: Capability, connection: str) -> MasterAbilities:
        return await self._read("GET", f"/{capability}/v1/{connection}/abilities", MasterAbilities)

    async def parse_master_webhook(
        self, capability: Capability, connection: str, headers: Mapping[str, str], body_base64: str
    ) -> ParsedMasterWebhook:
        payload = {"headers": dict(headers), "body_base64": body_base64}
        path = f"/{capability}/v1/{connection}/webhooks/parse"
        return await self._read("POST", path, ParsedMasterWebhook, json=payload)

    # erp

    async def erp_abilities(self, connection: str) -> ErpAbilities:
        return await self._read("GET", _erp(connection, "abilities"), ErpAbilities)

    async def post(
        self,
        connection: str,
        items: Sequence[PostingRequest],
        deadline: datetime,
        answer_within: float,
    ) -> PostOutcomes:
        """Post a batch, once: this call is never repeated by itself.

        :param answer_within: seconds to wait for the answer; longer than until the deadline.
        :raises OutcomeUnknown: sent, and no readable answer: each item may stand in the ERP.
        :raises UpstreamUnavailable, TooManyRequests: certainly nothing was posted; try again later.
        :raises RequestRefused: certainly nothing was posted; one of the items cannot be read.
        :raises UpstreamRefused, NotFound: certainly nothing was posted; an operator has to act.
        """
        body = PostRequest(items=list(items), deadline=deadline)
        answer = await self._http.request(
            "POST",
            _erp(connection, "postings"),
            content=body.model_dump_json().encode(),
            headers={**await self._authorization(), "Content-Type": "application/json"},
            timeout=answer_within,
            idempotent=False,
        )
        if answer.status_code >= 500 and answer.status_code != 503:
            raise OutcomeUnknown(f"The system tier answered {answer.status_code} to a posting.")
        _raise_for_problem(answer.status_code, answer.content, answer.headers)
        try:
            outcomes = PostOutcomes.model_validate_json(answer.content)
        except ValidationError:
            raise OutcomeUnknown("The answer to a posting could not be read.") from None
        return outcomes

    async def look_up(self, connection: str, items: Sequence[LookupItem]) -> LookupResult:
        payload = {"items": [item.model_dump(mode="json") for item in items]}
        path = _erp(connection, "postings/lookup")
        return await self._read("POST", path, LookupResult, json=payload)

    async def read_lines(self, connection: str, external_ids: Sequence[str]) -> ReadResult:
        """Lines as they stand in the ERP now, by its own ids."""
        payload = {"external_ids": list(external_ids)}
        return await self._read("POST", _erp(connection, "postings/read"), ReadResult, json=payload)

    # whatever has masters

    async def masters(
        self,
        capability: Capability,
        connection: str,
        domain: str,
        model: type[M],
        changed_since: datetime | None = None,
    ) -> AsyncIterator[MasterPage[M]]:
        """Records of one domain, page by page: all, or what changed since an instant."""
        path = f"/{capability}/v1/{connection}/{domain}"
        if capability == "erp":
            row_page = RowPage[model]  # type: ignore[valid-type]
            async for rows in self._pages(path, row_page, {"limit": PAGE}):
                yield MasterPage(items=rows.items, complete=True)
            return
        page_model = MasterPage[model]  # type: ignore[valid-type]
        params: dict[str, Any] = {"limit": PAGE}
        if changed_since is not None:
            params["changed_since"] = changed_since.isoformat()
        async for page in self._pages(path, page_model, params):
            yield page

    async def repairable(self, capability: Capability, connection: str) -> list[str]:
        """What a connection can write of its masters, such as `worker.email`."""
        if capability == "erp":
            return (await self.erp_abilities(connection)).repairs
        return (await self.master_abilities(capability, connection)).repairs

    async def repair(
        self,
        capability: Capability,
        connection: str,
        items: Sequence[RepairToMake],
        deadline: datetime,
    ) -> RepairsMade:
        """Safe to repeat: the contract says that only what was seen is written over."""
        body = RepairsToMake(items=list(items), deadline=deadline).model_dump(mode="json")
        path = f"/{capability}/v1/{connection}/repairs"
        return await self._read("POST", path, RepairsMade, json=body)

    # how

    async def _pages(
        self, path: str, model: type[Answer], params: dict[str, Any]
    ) -> AsyncIterator[Answer]:
        cursor: str | None = None
        while True:
            asked = {**params, "cursor": cursor} if cursor else params
            page = await self._read("GET", path, model, params=asked)
            yield page
            cursor = getattr(page, "next_cursor", None)
            if cursor is None:
                return

    async def _read(
        self,
        method: str,
        path: str,
        model: type[Answer],
        *,
        json: Any = None,
        params: _Params | None = None,
    ) -> Answer:
        answer = await self._http.request(
            method,
            path,
            json=json,
            params=params,
            headers=await self._authorization(),
            timeout=60.0,
            idempotent=True,
        )
        if answer.status_code >= 500:
            said = _problem_in(answer.content)
            raise UpstreamUnavailable(
                f"The system tier answered {answer.status_code} ({said.code}) to {method} {path}: "
                f"{said.detail}",
                code=SYSTEM_TIER_FAILED if answer.status_code == 500 else None,
                retry_after=_retry_after(answer.headers),
            )
        _raise_for_problem(answer.status_code, answer.content, answer.headers)
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            # The content may hold narrative text, so only the places are named.
            places = ", ".join(".".join(map(str, each["loc"])) for each in error.errors()[:5])
            raise UpstreamRefused(
                f"The answer to {method} {path} does not match the contract at {places}.",
                code=CONTRACT_BROKEN,
                action="Compare the versions of the system and the process tier.",
            ) from None

    async def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self._tokens.token(AUDIENCE)}"}


TheSystemTier = Annotated[SystemTier, provided("system")]


def _tracker(connection: str, path: str) -> str:
    return f"/time-tracking/v1/{connection}/{path}"


def _erp(connection: str, path: str) -> str:
    return f"/erp/v1/{connection}/{path}"


class _ProblemRead(BaseModel):
    code: str = "unknown"
    detail: str = "no detail was given"


def _problem_in(content: bytes) -> _ProblemRead:
    try:
        return _ProblemRead.model_validate_json(content)
    except ValidationError:
        return _ProblemRead()


def _raise_for_problem(status: int, content: bytes, headers: Mapping[str, str]) -> None:
    if status < 400:
        return
    problem = _problem_in(content)
    detail = f"The system tier answered {status} ({problem.code}): {problem.detail}"
    if status == 429:
        raise TooManyRequests(detail, retry_after=_retry_after(headers))
    if status == 503:
        raise UpstreamUnavailable(detail, retry_after=_retry_after(headers))
    if status == 404:
        raise NotFound(detail)
    if status in (400, 413, 422):
        raise RequestRefused(detail)
    raise UpstreamRefused(detail)


def _retry_after(headers: Mapping[str, str]) -> int | None:
    value = headers.get("retry-after", "")
    return int(value) if value.isdigit() else None
