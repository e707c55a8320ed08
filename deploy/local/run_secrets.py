"""The secrets of one run: made up anew each time, kept in files that only their owner reads."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

CLIENTS = ("timepost-system", "timepost-process", "timepost-experience", "timepost-operator")


@dataclass(frozen=True)
class RunSecrets:
    """:param clients: secret of every OAuth client, by its id.
    :param login_password: the one password of the demo's users.
    """

    clients: dict[str, str]
    login_password: str


def make_secrets(directory: Path) -> RunSecrets:
    """Make up the secrets and keep them in `directory`, for a person who wants to look around."""
    made = RunSecrets(
        clients={client: secrets.token_urlsafe(32) for client in CLIENTS},
        login_password=secrets.token_urlsafe(9),
    )
    keep_secret(directory / "clients.json", json.dumps(made.clients, indent=2))
    keep_secret(directory / "login-password", made.login_password)
    return made


def keep_secret(path: Path, value: str) -> Path:
    """Write a file that nobody else can read, not even for a moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(value + "\n", encoding="utf-8")
    return path
