"""A stand-in for the process tier: speaks its contract over a real socket, checks real tokens."""

import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Thread
from typing import Annotated, Any
from uuid import uuid4

import uvicorn
from fastapi import APIRouter, FastAPI, Header, Request, Response

from experience_apis.tests.approvals import a_request, approvals_router
from experience_apis.tests.cases import (
    CASE_ID,
    a_case,
    a_comment,
    a_confirmation,
    a_detail,
)
from experience_apis.tests.connections import a_flow, connections_router
from experience_apis.tests.replays import replays_router
from shared.http_client import HttpClient
from shared.identity import GrantedRoles, IdentitySettings, Principal, TokenVerifier, requires
from shared.problems import Forbidden, InvalidRequest, NotFound, NotReady, PreconditionFailed
from shared.values import SystemClock
from shared.web import WebSettings, create_api

_START_SECONDS = 20.0
_RETRY_ROLES = {"finance.analyst", "finance.controller", "integration.operator", "data.steward"}
_CHOOSE_ROLES = {"billing.analyst", "finance.analyst", "finance.controller"}
_CONFIRM_ROLES = _RETRY_ROLES - {"data.steward"}
_ANY_ROLE = _RETRY_ROLES | {"project.manager"}

Reader = Annotated[Principal, requires("cases:read")]
Writer = Annotated[Principal, requires("cases:write")]


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    caller: Principal


@dataclass
class ProcessTier:
    """The stand-in's state; ``instead`` is answered in place of everything."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    instead: Response | None = None
    ready: bool = True
    case: dict[str, Any] = field(default_factory=a_case)
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    confirmations: list[dict[str, Any]] = field(default_factory=list)
    approval: dict[str, Any] = field(default_factory=a_request)
    replays: dict[str, dict[str, Any]] = field(default_factory=dict)
    flow: dict[str, Any] = field(default_factory=a_flow)
    granted: list[str] = field(default_factory=list)
    asked_for_roles: int = 0
    knows_roles: bool = True

    def note(self, request: Request, caller: Principal) -> None:
        query = list(request.query_params.multi_items())
        headers = dict(request.headers)
        self.seen.append(Seen(request.method, request.url.path, query, headers, caller))

    def change(self, **changes: Any) -> dict[str, Any]:
        self.case = {**self.case, **changes, "version": self.case["version"] + 1}
        return self.case

    @property
    def last(self) -> Seen:
        return self.seen[-1]


@contextmanager
def process_tier_in_thread(issuer: str) -> Iterator[ProcessTier]:
    """Serves until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        tier = ProcessTier(url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(_app(tier, issuer), log_level="warning"))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            _wait_until_started(server)
            yield tier
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def hanging_up() -> Iterator[str]:
    """Address of a server that reads each request and closes without an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def read_and_close() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)

        thread = Thread(target=read_and_close, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def _app(tier: ProcessTier, issuer: str) -> FastAPI:
    provider = HttpClient(name="The identity provider")
    identity = IdentitySettings(issuer=issuer, audience="timepost-process")

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        yield
        await provider.aclose()

    app = create_api(
        title="Stand-in",
        version="1",
        description="Stand-in",
        routers=[
            _cases(tier),
            approvals_router(tier),
            replays_router(tier),
            connections_router(tier),
            _roles(tier),
        ],
        settings=WebSettings(access_log=False, docs_enabled=False),
        lifespan=closing,
        verifier=TokenVerifier(identity, provider.library_client),
    )

    async def granted(_: Principal) -> frozenset[str]:
        return frozenset(tier.granted)

    app.state.granted_roles = GrantedRoles(granted, SystemClock(), timedelta())

    @app.middleware("http")
    async def answer_instead(request: Request, go_on: Any) -> Response:
        if request.url.path == "/ready":
            return Response(status_code=200 if tier.ready else 503, headers={"Retry-After": "9"})
        answer: Response = tier.instead or await go_on(request)
        return answer

    return app


def _roles(tier: ProcessTier) -> APIRouter:
    router = APIRouter(prefix="/v1/master-data/roles")

    @router.get("/mine", dependencies=[requires("masters:read")])
    async def mine() -> dict[str, Any]:
        tier.asked_for_roles += 1
        if not tier.knows_roles:
            raise NotReady("The database is away.")
        return {"subject": "x", "granted": tier.granted, "by_token": []}

    return router


def _cases(tier: ProcessTier) -> APIRouter:
    router = APIRouter(prefix="/v1/cases")

    @router.get("")
    async def find(request: Request, caller: Reader) -> dict[str, Any]:
        tier.note(request, caller)
        return {"cases": [tier.case], "next_cursor": "bmV4dA", "total": 41}

    @router.get("/{case_id}")
    async def read(request: Request, case_id: str, caller: Reader) -> dict[str, Any]:
        tier.note(request, caller)
        _known(case_id)
        return a_detail(
            tier.case,
            comments=list(tier.comments.values()),
            confirmations=tier.confirmations,
        )

    @router.post("/{case_id}/retry")
    async def retry(request: Request, case_id: str, caller: Writer) -> dict[str, Any]:
        tier.note(request, caller)
        _permitted(caller, _RETRY_ROLES)
        _known(case_id)
        return {"case": tier.change(state="RESOLVED_AUTO"), "posting_state": "READY"}

    @router.put("/{case_id}/assignee")
    async def assign(
        request: Request,
        case_id: str,
        caller: Writer,
        if_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        tier.note(request, caller)
        _permitted(caller, _ANY_ROLE)
        _known(case_id)
        if if_match is None:
            raise InvalidRequest("If-Match is missing.")
        if if_match != f'"{tier.case["version"]}"':
            raise PreconditionFailed("The case was changed at 09:14 by carl.")
        return tier.change(**await request.json())

    @router.post("/{case_id}/confirmation")
    async def confirm(
        request: Request,
        case_id: str,
        caller: Writer,
        if_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        tier.note(request, caller)
        _permitted(caller, _CONFIRM_ROLES)
        _known(case_id)
        _current(tier, case_id, if_match)
        kept = a_confirmation(await request.json(), confirmed_by=caller.subject)
        tier.confirmations.append(kept)
        state = "POSTED" if kept["outcome"] == "posted" else "READY"
        case = tier.change(state="RESOLVED_MANUAL")
        return {"case": case, "confirmation": kept, "posting_state": state}

    @router.post("/{case_id}/choice")
    async def choose(
        request: Request,
        case_id: str,
        caller: Writer,
        if_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        tier.note(request, caller)
        _permitted(caller, _CHOOSE_ROLES)
        _current(tier, case_id, if_match)
        said = await request.json()
        resolution = f"{caller.subject} chose {said['choice']}: {said['reason']}"
        case = tier.change(state="RESOLVED_MANUAL", resolution=resolution)
        return {"case": case, "posting_state": "RECEIVED"}

    @router.post("/{case_id}/waiver")
    async def ask_for_waiver(
        request: Request,
        case_id: str,
        caller: Writer,
        if_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        tier.note(request, caller)
        _current(tier, case_id, if_match)
        said = await request.json()
        asked = {"requested_by": caller.subject, "requested_at": "2026-11-13T09:00:00Z"}
        return tier.change(state="PENDING_APPROVAL", waiver={**asked, **said})

    @router.delete("/{case_id}/waiver")
    async def decline_waiver(
        request: Request,
        case_id: str,
        caller: Writer,
        if_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        tier.note(request, caller)
        _current(tier, case_id, if_match)
        return tier.change(state="OPEN", waiver=None)

    @router.post("/{case_id}/waiver/approval")
    async def agree_to_waiver(
        request: Request,
        case_id: str,
        caller: Writer,
        if_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        tier.note(request, caller)
        _current(tier, case_id, if_match)
        if tier.case["waiver"]["requested_by"] == caller.subject:
            raise Forbidden("Nobody agrees to what they asked for themselves.")
        return tier.change(state="ACCEPTED")

    @router.post("/{case_id}/comments", status_code=201)
    async def comment(
        request: Request,
        case_id: str,
        caller: Writer,
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        tier.note(request, caller)
        _permitted(caller, _ANY_ROLE)
        _known(case_id)
        written = a_comment(author=caller.subject, text=(await request.json())["text"])
        return tier.comments.setdefault(idempotency_key or str(uuid4()), written)

    return router


def _known(case_id: str) -> None:
    if case_id != CASE_ID:
        raise NotFound(f"There is no case {case_id}.", action="Look for it in the list of cases.")


def _current(tier: ProcessTier, case_id: str, if_match: str | None) -> None:
    _known(case_id)
    if if_match != f'"{tier.case["version"]}"':
        raise PreconditionFailed("The case was changed at 09:14 by carl.")


def _permitted(caller: Principal, roles: set[str]) -> None:
    if not caller.roles & roles:
        raise Forbidden("The process tier wants another role.", code="role_missing")


def _wait_until_started(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise TimeoutError("the stand-in did not start")
        time.sleep(0.02)
