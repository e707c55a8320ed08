"""Each tier starts on its own, lives, and tells truthfully what it lacks."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from deploy.local.addresses import free_addresses
from deploy.local.processes import ManagedProcess, Program
from deploy.local.programs import Programs
from deploy.local.run_secrets import make_secrets

pytestmark = pytest.mark.journey
PATIENCE_SECONDS = 30
LACKING = {
    "system": {"identity", "process tier"},
    "process": {"start-up"},
    "experience": {"identity", "process tier"},
}
A_ROUTE = {
    "system": "/v1/connections",
    "process": "/v1/status",
    "experience": "/workbench/v1/cases",
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Each tier's URL; nothing listens where it looks for the others."""
    running: dict[str, ManagedProcess] = {}
    urls = {}
    for tier in LACKING:
        directory = tmp_path_factory.mktemp(tier)
        (directory / "connections.toml").write_text("connections = []\n")
        addresses = free_addresses()
        nowhere = "postgresql://timepost:hidden@127.0.0.1:1/timepost"
        programs = Programs(directory, addresses, make_secrets(directory / "secrets"), nowhere)
        program: Program = getattr(programs, tier)()
        log, record = directory / "tier.log", directory / "tier.running"
        running[tier] = ManagedProcess(program, log, record).start()
        urls[tier] = addresses.url(tier)
    yield urls
    for process in running.values():
        process.check()
        process.stop()


def ask(url: str, path: str) -> httpx2.Response:
    """Ask, and ask again as long as nobody listens yet."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return httpx2.get(url + path, timeout=PATIENCE_SECONDS)
        except httpx2.ConnectError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("tier", sorted(LACKING))
def test_it_lives_and_names_what_it_lacks(alone: dict[str, str], tier: str) -> None:
    assert ask(alone[tier], "/health").status_code == 200
    answer = ask(alone[tier], "/ready")
    assert answer.status_code == 503, answer.text
    assert "retry-after" in answer.headers
    told: dict[str, Any] = answer.json()
    assert {error["field"] for error in told["errors"]} >= LACKING[tier], told


@pytest.mark.parametrize("tier", sorted(LACKING))
def test_its_routes_are_never_unknown(alone: dict[str, str], tier: str) -> None:
    """While it starts: come back later. Open already: show who you are. Never: no such thing."""
    answer = ask(alone[tier], A_ROUTE[tier])
    assert answer.status_code in (401, 503), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_database_that_is_missing_keeps_the_process_tier_starting(
    alone: dict[str, str],
) -> None:
    for path in ("/v1/status", "/v1/events", "/no/such/route"):
        answer = ask(alone["process"], path)
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
