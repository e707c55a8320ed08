"""`timepost connections state`, `pause`, `drain` and `resume`, against a running tier."""

import asyncio
import os
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


async def test_an_operator_switches_a_connection_at_a_terminal(
    tier: Tier, settings: ProcessSettings, identity: RunningIdentityServer, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    secret = identity.client_secrets["timepost-operator"].get_secret_value()
    environment = {
        **os.environ,
        "TIMEPOST_OPERATOR_PROCESS_URL": url,
        "TIMEPOST_OPERATOR_IDENTITY__ISSUER": identity.issuer,
        "TIMEPOST_OPERATOR_IDENTITY__CLIENT_SECRET": secret,
    }

    async def connections(*arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "deploy.command_line", "connections", *arguments],
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
        paused = await connections("pause", ERP, "--reason", "ERP upgrade")
        assert paused.returncode == 0, paused.stderr
        assert "by user:timepost-operator: ERP upgrade" in paused.stdout
        firm.enter(tier.system, "e1")
        await tier.approve("e1")
        assert tier.system.posts == []

        shown = await connections("state")
        assert shown.returncode == 1, "a connection does not simply run"
        lines = {line.split()[0]: line for line in shown.stdout.splitlines()}
        assert lines[TRACKER].split()[1:] == ["running"]
        assert lines[ERP].endswith("; 1 posting ready to be sent")

        unknown = await connections("resume", "nowhere", "--reason", "x")
        assert unknown.returncode == 1
        assert "unknown_connection" in unknown.stderr
        resumed = await connections("resume", ERP, "--reason", "done")
        assert resumed.stdout == f"{ERP}: running\n"
        await tier.settle()
        assert len(tier.system.lines) == 1

        with running(settings, tmp_path / "worker.log", "worker"):
            drained = await connections("drain", ERP, "--reason", "ERP upgrade")
        assert drained.returncode == 0, drained.stderr
        assert drained.stdout.startswith(f"{ERP}: paused since ")
