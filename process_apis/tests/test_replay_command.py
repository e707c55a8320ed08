"""`timepost replay` at a terminal, against a running tier."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2

from deploy.identity.in_thread import RunningIdentityServer
from deploy.local.processes import free_ports
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import running, until
from process_apis.tests.system_stand_in import ERP, TRACKER


async def test_an_operator_sees_starts_and_follows_a_replay(
    tier: Tier, settings: ProcessSettings, identity: RunningIdentityServer, tmp_path: Path
) -> None:
    names = ["e1", "e2", "e3"]
    for number, name in enumerate(names):
        firm.enter(tier.system, name, work_date=f"2026-06-0{number + 1}", minutes=60)
    firm.enter(tier.system, "e4", project=firm.CLOSED, task=None)
    tier.system.post_faults.append("reject:rejected")
    await tier.approve(*names, "e4")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    secret = identity.client_secrets["timepost-operator"].get_secret_value()
    environment = {
        **os.environ,
        "TIMEPOST_OPERATOR_PROCESS_URL": url,
        "TIMEPOST_OPERATOR_IDENTITY__ISSUER": identity.issuer,
        "TIMEPOST_OPERATOR_IDENTITY__CLIENT_SECRET": secret,
    }

    async def replay(*arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "deploy.command_line", "replay", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    async def ready() -> bool:
        async with httpx2.AsyncClient() as client:
            try:
                return (await client.get(f"{url}/ready")).status_code == 200
            except httpx2.TransportError:
                return False

    with running(settings, tmp_path / "api.log", "serve", "process", "--port", str(port)):
        await until(ready, "the API is ready")
        shown = await replay("show", "--connection", ERP, "--lines", "2")
        assert shown.returncode == 0, shown.stderr
        assert "3 would be sent, 3.00 hours." in shown.stdout
        assert "1 would fail: MD_PROJECT_CLOSED" in shown.stdout
        assert "... and 2 more" in shown.stdout
        assert tier.system.lines == []
        (seen,) = re.findall(r"hash: ([0-9a-f]{64})", shown.stdout)

        changed = await replay("start", "--connection", ERP, "--hash", "0" * 64)
        assert changed.returncode == 1
        assert "replay_changed" in changed.stderr
        unknown = await replay("show", "--connection", "nowhere")
        assert (unknown.returncode, "unknown_scope" in unknown.stderr) == (1, True)
        nothing = await replay("show")
        assert (nothing.returncode, "one scope" in nothing.stderr) == (1, True)

        with running(settings, tmp_path / "worker.log", "worker"):
            done = await replay("start", "--connection", ERP, "--hash", seen)
        assert done.returncode == 0, done.stderr
        assert "DONE: 3 sent on, 1 still failing" in done.stdout
        (replay_id,) = re.findall(r"replay ([0-9a-f-]{36})", done.stdout)

        again = await replay("reread", "--entry", f"{TRACKER}:e1")
        assert (again.returncode, again.stdout) == (0, "1 read again\n"), again.stderr
        over = await replay("stop", replay_id)
        assert (over.returncode, "replay_over" in over.stderr) == (1, True)
        followed = await replay("follow", replay_id)
        assert (followed.returncode, "DONE: 3 sent on" in followed.stdout) == (0, True)
    for text in (shown, changed, done):
        assert "Traceback" not in text.stderr
        assert secret not in text.stdout + text.stderr
