"""`timepost …` at an operator's terminal, against the tier's API as a process of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from deploy.identity.in_thread import RunningIdentityServer
from deploy.local.processes import free_ports
from process_apis.settings import ProcessSettings
from process_apis.tests.programs import running, until

Finished = subprocess.CompletedProcess[str]
Command = Callable[..., Awaitable[Finished]]


@asynccontextmanager
async def terminal(
    settings: ProcessSettings, identity: RunningIdentityServer, folder: Path, group: str
) -> AsyncIterator[Command]:
    """Runs commands of one group; none of them may show the operator's secret, or a traceback."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    secret = identity.client_secrets["timepost-operator"].get_secret_value()
    environment = {
        **os.environ,
        "TIMEPOST_OPERATOR_PROCESS_URL": url,
        "TIMEPOST_OPERATOR_IDENTITY__ISSUER": identity.issuer,
        "TIMEPOST_OPERATOR_IDENTITY__CLIENT_SECRET": secret,
    }

    async def command(*arguments: str) -> Finished:
        finished = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "deploy.command_line", group, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in finished.stderr, finished.stderr
        assert secret not in finished.stdout + finished.stderr
        return finished

    async def ready() -> bool:
        async with httpx2.AsyncClient() as client:
            try:
                return (await client.get(f"{url}/ready")).status_code == 200
            except httpx2.TransportError:
                return False

    with running(settings, folder / "api.log", "serve", "process", "--port", str(port)):
        await until(ready, "the API is ready")
        yield command
