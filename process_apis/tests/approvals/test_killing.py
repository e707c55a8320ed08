"""The tier is killed between a decision and its posting: the hours are posted, once."""

from pathlib import Path

import pytest

from deploy.local.processes import free_ports
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.approvals.people import BASE, Office
from process_apis.tests.programs import kill, running, until
from shared.http_client import HttpClient, NotSent


async def test_an_api_killed_after_the_decision_and_a_worker_killed_while_posting(
    office: Office, settings: ProcessSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMEPOST_PROCESS_APPROVALS_FILE", str(settings.approvals_file))
    firm.enter(office.tier.system, "e1", minutes=90)
    await office.tier.see("e1")
    request = await office.request("ada")
    (port,) = free_ports(1)
    log = tmp_path / "programs.log"

    with running(settings, log, "serve", "process", "--port", str(port)) as api:
        await _decide_there(office, request, port)
        kill(api)
    assert office.tier.system.lines == []

    office.tier.system.hold = "post after commit"
    with running(settings, log, "worker") as worker:

        async def held() -> bool:
            return office.tier.system.held.is_set()

        await until(held, "a worker posts")
        kill(worker)
    office.tier.system.hold = ""

    async def posted() -> bool:
        return bool((await office.tier.status())["postings"] == {"POSTED": 1})

    with running(settings, log, "worker"):
        await until(posted, "the hours are posted")
    assert [line["minutes"] for line in office.tier.system.lines] == [90]


async def _decide_there(office: Office, request: dict[str, object], port: int) -> None:
    async with HttpClient(f"http://127.0.0.1:{port}", name="process") as http:

        async def ready() -> bool:
            try:
                return (await http.get("/ready")).status_code == 200
            except NotSent:
                return False

        await until(ready, "the API is ready")
        answer = await http.request(
            "POST",
            f"{BASE}/requests/{request['id']}/decision",
            json={"decision": "approve"},
            headers={
                "Authorization": f"Bearer {office.tokens['petra']}",
                "If-Match": f'"{request["version"]}"',
            },
        )
        assert answer.status_code == 200, answer.text
