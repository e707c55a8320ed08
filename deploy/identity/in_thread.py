"""A development identity server inside the calling process, on a free port: for tests."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread

import uvicorn
from pydantic import SecretStr

from deploy.identity.app import create_app
from deploy.identity.settings import DEVELOPMENT_DIRECTORY, IdentityServerSettings
from deploy.identity.sign_in import BrowserClient

_CONFIDENTIAL_CLIENTS = (
    "timepost-system",
    "timepost-process",
    "timepost-experience",
    "timepost-operator",
)
_REDIRECT_URI = "http://127.0.0.1/auth/callback"
_START_SECONDS = 20.0


@dataclass(frozen=True)
class RunningIdentityServer:
    """Where it listens, and what one needs to obtain tokens from it."""

    issuer: str
    client_secrets: dict[str, SecretStr]
    login_password: SecretStr
    workbench: BrowserClient


@contextmanager
def identity_server_in_thread(
    state_dir: Path, directory_file: Path = DEVELOPMENT_DIRECTORY
) -> Iterator[RunningIdentityServer]:
    """Serves until the block ends; the secrets are random.

    :param directory_file: clients and users.

    :raises TimeoutError: it did not start.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
        running = _running(issuer)
        app = create_app(
            IdentityServerSettings(
                issuer=issuer,
                state_dir=state_dir,
                login_password=running.login_password,
                client_secrets=running.client_secrets,
                redirect_uris={running.workbench.client_id: [_REDIRECT_URI]},
                directory_file=directory_file,
            )
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            _wait_until_started(server)
            yield running
        finally:
            server.should_exit = True
            thread.join()


def _running(issuer: str) -> RunningIdentityServer:
    return RunningIdentityServer(
        issuer=issuer,
        client_secrets={name: SecretStr(token_urlsafe(24)) for name in _CONFIDENTIAL_CLIENTS},
        login_password=SecretStr(token_urlsafe(12)),
        workbench=BrowserClient(
            issuer=issuer,
            client_id="timepost-workbench",
            redirect_uri=_REDIRECT_URI,
            scope="openid cases:read cases:write entries:read replays:read replays:write",
        ),
    )


def _wait_until_started(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise TimeoutError("the development identity server did not start")
        time.sleep(0.02)
