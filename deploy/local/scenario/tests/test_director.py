"""The director notices at once when the scenario cannot go on."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from deploy.local.processes import ProcessDied
from deploy.local.scenario.dashboard import Dashboard
from deploy.local.scenario.director import Director, Surroundings
from deploy.local.scenario.firm import read_firm
from deploy.local.scenario.make_plan import FIRST_DAY
from deploy.local.scenario.operator import Operator
from deploy.local.scenario.refusals import MastersNotRead
from deploy.local.scenario.tracker import Tracker, found_firm
from deploy.local.scenario.verdict import Case
from deploy.local.scenario.weekend import TimeTagger, Weekends
from deploy.local.steps import Steps
from deploy.sandboxes.clockify import create_sandbox
from deploy.sandboxes.clockify.background import serving
from deploy.timetagger.person import Person as Account
from deploy.tryton.reader import TrytonReader

CASES = [{"entry_external_id": f"e{n}", "code": "TM_LIMIT", "resolved_at": None} for n in range(5)]


@dataclass
class Process:
    """A process tier and an identity server in one, which answer what a test wants."""

    run: dict[str, Any]
    tokens: int = 0

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/token", self.token, methods=["POST"]),
                Route("/v1/connections", self.connections),
                Route("/v1/master-data/{connection}/refresh", self.refresh, methods=["POST"]),
                Route("/v1/master-data/runs/{run}", self.masters_run),
                Route("/v1/status", self.status),
                Route("/v1/cases", self.cases),
            ]
        )

    async def token(self, _: Request) -> JSONResponse:
        self.tokens += 1
        return JSONResponse({"access_token": f"t{self.tokens}", "expires_in": 61})

    async def connections(self, _: Request) -> JSONResponse:
        return JSONResponse({"connections": [{"name": "erp"}]})

    async def refresh(self, _: Request) -> JSONResponse:
        return JSONResponse({"id": "17"}, 202)

    async def masters_run(self, _: Request) -> JSONResponse:
        return JSONResponse(self.run)

    async def status(self, _: Request) -> JSONResponse:
        postings = {"POSTED": 7, "SENDING": 2, "BLOCKED": 3}
        counts = {"entries": {"APPROVED": 9}, "postings": postings, "inbox_pending": 4}
        return JSONResponse({**counts, "open_cases": {"TM_LIMIT": 5}, "something_new": 1})

    async def cases(self, request: Request) -> JSONResponse:
        start = int(request.query_params.get("cursor", "0"))
        more = str(start + 2) if start + 2 < len(CASES) else None
        return JSONResponse({"cases": CASES[start : start + 2], "next_cursor": more})


@contextmanager
def running(process: Process) -> Iterator[str]:
    with serving(process.app()) as url:
        yield url


@pytest.fixture
async def tracker() -> AsyncIterator[Tracker]:
    with serving(create_sandbox()) as url:
        firm, _ = found_firm(url, "http://127.0.0.1:9/nowhere")
        async with Tracker(url, firm) as opened:
            yield opened


def no_erp() -> TrytonReader:
    raise AssertionError("the scenario never came that far")


def no_account(_: str) -> Account:
    raise AssertionError("the scenario never came that far")


def no_weekends(operator: Operator) -> Weekends:
    nowhere = "http://127.0.0.1:9"
    second = TimeTagger("second", no_account)
    return Weekends(second, Dashboard(nowhere, nowhere, ""), operator, lambda _: None)


def around(tracker: Tracker, operator: Operator, check: Callable[[], None]) -> Surroundings:
    """Where nothing but the tracker and the process tier will ever be asked."""
    firm, weekends = read_firm(FIRST_DAY), no_weekends(operator)
    return Surroundings(
        tracker, operator, weekends, firm, None, ("erp",), no_erp, lambda _: None, check
    )


async def test_a_service_that_died_ends_the_scenario_at_once(tracker: Tracker) -> None:
    def check() -> None:
        raise ProcessDied("worker-1 ended by itself")

    running_masters = {"status": "RUNNING", "step": "reading workers"}
    with running(Process(running_masters)) as url:
        async with Operator(url, url, "secret") as operator:
            surroundings = around(tracker, operator, check)
            begun = time.monotonic()
            with pytest.raises(ProcessDied, match="worker-1"):
                await Director(surroundings, Steps(Console(quiet=True))).play()
            assert time.monotonic() - begun < 5


async def test_masters_that_cannot_be_read_end_the_scenario_with_the_reason(
    tracker: Tracker,
) -> None:
    failed = {"status": "FAILED", "step": "reading workers", "error": "the ERP refuses the login"}
    with running(Process(failed)) as url:
        async with Operator(url, url, "secret") as operator:
            surroundings = around(tracker, operator, lambda: None)
            with pytest.raises(MastersNotRead, match="reading workers: the ERP refuses the login"):
                await Director(surroundings, Steps(Console(quiet=True))).play()


async def test_the_operator_reads_all_pages_and_renews_the_token_in_time() -> None:
    process = Process({})
    with running(process) as url:
        async with Operator(url, url, "secret") as operator:
            assert await operator.open_cases() == [Case(f"e{n}", "TM_LIMIT") for n in range(5)]
            assert process.tokens == 1
            status = await operator.status()
            assert (status.approved, status.posted, status.cases) == (9, 7, 5)
            assert status.under_way == 4 + 2
            time.sleep(1.1)  # noqa: ASYNC251  the token is good for a minute and a second
            await operator.status()
            assert process.tokens == 2
