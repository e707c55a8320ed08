"""Starts and ends the provider."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryFile
from threading import Timer
from typing import IO

from pydantic import SecretStr

from deploy.oidc_provider.node import installed_packages, node_program

_SERVER = Path(__file__).with_name("server.mjs")
_START_SECONDS = 60.0

REDIRECT_URI = "http://127.0.0.1/auth/callback"
PROCESS_API = "https://timepost.example/process"
SYSTEM_API = "https://timepost.example/system"


@dataclass(frozen=True)
class RunningProvider:
    """Where the provider listens, and the clients it knows."""

    issuer: str
    operator_secret: SecretStr
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_provider() -> Iterator[RunningProvider]:
    """The provider on a free port, with fresh keys and secrets, until the block ends.

    Client ``timepost-operator`` (client credentials, default API :data:`PROCESS_API`, ES256)
    and public client ``timepost-workbench`` (code with PKCE, default :data:`SYSTEM_API`,
    RS256), at which whoever comes is signed in as the ``login_hint``.

    :raises ConfigurationError: no Node, or the packages cannot be installed.
    :raises RuntimeError: the provider ended while it started; with its last words.
    """
    secret = SecretStr(token_urlsafe(24))
    folder = installed_packages()
    with TemporaryFile("w+") as errors:  # A pipe that nobody reads would fill up.
        process = subprocess.Popen(
            [node_program(), str(_SERVER)],
            cwd=folder,
            env={**os.environ, "OIDC_PROVIDER_SETTINGS": json.dumps(_settings(secret))},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield RunningProvider(_issuer_of(process, errors), secret, process)
        finally:
            process.kill()
            process.communicate()


def _issuer_of(process: subprocess.Popen[str], errors: IO[str]) -> str:
    alarm = Timer(_START_SECONDS, process.kill)
    alarm.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        alarm.cancel()
    if not line:
        process.wait()
        errors.seek(0)
        raise RuntimeError(f"the OpenID provider did not start: {errors.read()[-2000:]}")
    return str(json.loads(line)["issuer"])


def _settings(secret: SecretStr) -> dict[str, object]:
    return {
        "apis": {
            PROCESS_API: {
                "audience": "timepost-process",
                "scopes": ["cases:read", "sweeps:run"],
                "algorithm": "ES256",
            },
            SYSTEM_API: {
                "audience": "timepost-system",
                "scopes": ["erp:read"],
                "algorithm": "RS256",
            },
        },
        "defaultResources": {"timepost-operator": PROCESS_API, "timepost-workbench": SYSTEM_API},
        "roles": {"timepost-operator": ["integration.operator"], "maya": ["finance.analyst"]},
        "clients": [
            {
                "client_id": "timepost-operator",
                "client_secret": secret.get_secret_value(),
                "grant_types": ["client_credentials"],
                "redirect_uris": [],
                "response_types": [],
            },
            {
                "client_id": "timepost-workbench",
                "token_endpoint_auth_method": "none",
                "application_type": "native",
                "grant_types": ["authorization_code"],
                "redirect_uris": [REDIRECT_URI],
                "response_types": ["code"],
            },
        ],
    }
