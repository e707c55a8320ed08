"""The tier's programs as processes of their own, to be killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from process_apis.settings import ProcessSettings

_GIVE_UP_SECONDS = 60.0


def environment(settings: ProcessSettings) -> dict[str, str]:
    """The settings as an operator gives them, with leases that pass soon."""
    secret = settings.identity.client_secret
    assert secret is not None
    prefix = "TIMEPOST_PROCESS_"
    wanted = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "SYSTEM_URL": settings.system_url,
        "IDENTITY__ISSUER": settings.identity.issuer,
        "IDENTITY__CLIENT_SECRET": secret.get_secret_value(),
        "SWEEP_DAYS": str(settings.sweep_days),
        "TIMING__CALL": "1",
        "TIMING__ANSWER": "2",
        "TIMING__LEASE": "3",
        "TIMING__READING_LEASE": "2",
        "TIMING__RETRY_FIRST": "0.1",
        "TIMING__OUTAGE_PAUSE": "0.1",
        "TIMING__OUTAGE_MOST": "1",
    }
    if settings.ownership_file is not None:
        wanted["OWNERSHIP_FILE"] = str(settings.ownership_file)
    return {**os.environ, **{prefix + name: value for name, value in wanted.items()}}


@contextmanager
def running(
    settings: ProcessSettings, log: Path, *command: str, stop_at: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """`timepost <command>` until the block ends; killed then, if it still runs.

    :param stop_at: the step at which it kills itself.
    """
    armed = {} if stop_at is None else {"TIMEPOST_PROCESS_CHAOS_STOP_AT": stop_at}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.command_line", *command],
            env=environment(settings) | armed,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL: it can tidy up nothing."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for something to become true.

    :raises TimeoutError: it did not, in a time that is ample on any machine.
    """
    try:
        async with asyncio.timeout(_GIVE_UP_SECONDS):
            while not await holds():  # noqa: ASYNC110 - it changes in another process
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise TimeoutError(f"gave up waiting until {what}") from None
