"""The programs of one run: what is started, with which settings. Secrets go into the environment
of the process that needs them, never into its arguments."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.addresses import Addresses
from deploy.local.processes import Program
from deploy.local.run_secrets import RunSecrets
from deploy.local.scenario.make_plan import FIRST_DAY

# Who approves what is tracked in the tracker that has no approvals.
APPROVALS_FILE = Path(__file__).parent / "approvals.toml"
# Minutes in production; here a person waits for the webhook that never came.
SWEEP_EVERY_SECONDS = 10


class Programs:
    """Makes the programs of one run.

    :param database_url: where the process tier keeps its ledger.
    :param more: environment variables that go before those of the demo.
    """

    def __init__(
        self,
        directory: Path,
        addresses: Addresses,
        secrets: RunSecrets,
        database_url: str,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self._directory = directory
        self._addresses = addresses
        self._secrets = secrets
        self._database_url = database_url
        self._more = more or {}

    @property
    def connections_file(self) -> Path:
        return self._directory / "connections.toml"

    def identity(self) -> Program:
        prefix = "TIMEPOST_IDENTITY_SERVER_"
        callback = f"{self._addresses.url('experience')}/auth/callback"
        return self._serve(
            "identity",
            {
                f"{prefix}ISSUER": self._addresses.url("identity"),
                f"{prefix}STATE_DIR": str(self._directory / "identity"),
                f"{prefix}LOGIN_PASSWORD": self._secrets.login_password,
                f"{prefix}CLIENT_SECRETS": json.dumps(self._secrets.clients),
                f"{prefix}REDIRECT_URIS": json.dumps({"timepost-workbench": [callback]}),
            },
        )

    def clockify(self) -> Program:
        state = self._directory / "clockify.sqlite"
        arguments = ["--port", str(self._addresses.clockify), "--state", str(state)]
        return self._python("clockify", ["-m", "deploy.sandboxes.clockify", *arguments], {})

    def build_tryton(self) -> Program:
        return self._python("tryton-build", ["-m", "deploy.tryton.build"], {}, ends=True)

    def build_timetagger(self) -> Program:
        return self._python("timetagger-build", ["-m", "deploy.timetagger.build"], {}, ends=True)

    def migrate(self) -> Program:
        return self._timepost("migrate", ["migrate"], self._process_settings(), ends=True)

    def process(self) -> Program:
        return self._serve("process", self._process_settings())

    def worker(self, number: int) -> Program:
        return self._timepost(f"worker-{number}", ["worker"], self._process_settings())

    def system(self) -> Program:
        prefix = "TIMEPOST_SYSTEM_"
        return self._serve(
            "system",
            {
                **self._tier_settings("system"),
                f"{prefix}CONNECTIONS_FILE": str(self.connections_file),
                f"{prefix}PROCESS_URL": self._addresses.url("process"),
            },
        )

    def experience(self) -> Program:
        prefix = "TIMEPOST_EXPERIENCE_"
        return self._serve(
            "experience",
            {
                **self._tier_settings("experience"),
                f"{prefix}PROCESS_URL": self._addresses.url("process"),
            },
        )

    def _process_settings(self) -> dict[str, str]:
        prefix = "TIMEPOST_PROCESS_"
        return {
            **self._tier_settings("process"),
            f"{prefix}DATABASE_URL": self._database_url,
            f"{prefix}SYSTEM_URL": self._addresses.url("system"),
            f"{prefix}APPROVALS_FILE": str(APPROVALS_FILE),
            f"{prefix}SWEEP_EVERY_SECONDS": str(SWEEP_EVERY_SECONDS),
            f"{prefix}SWEEP_DAYS": str(days_since_the_scenario()),
        }

    def _tier_settings(self, tier: str) -> dict[str, str]:
        prefix = f"TIMEPOST_{tier.upper()}_"
        return {
            f"{prefix}ENVIRONMENT": "development",
            f"{prefix}IDENTITY__ISSUER": self._addresses.url("identity"),
            f"{prefix}IDENTITY__AUDIENCE": f"timepost-{tier}",
            f"{prefix}IDENTITY__CLIENT_ID": f"timepost-{tier}",
            f"{prefix}IDENTITY__CLIENT_SECRET": self._secrets.clients[f"timepost-{tier}"],
        }

    def _serve(self, name: str, settings: dict[str, str]) -> Program:
        port = str(getattr(self._addresses, name))
        return self._timepost(name, ["serve", name, "--port", port], settings)

    def _timepost(
        self, name: str, arguments: list[str], settings: dict[str, str], *, ends: bool = False
    ) -> Program:
        command = ["-m", "deploy.command_line", *arguments]
        return self._python(name, command, {**settings, **self._more}, ends=ends)

    def _python(
        self, name: str, arguments: list[str], settings: dict[str, str], *, ends: bool = False
    ) -> Program:
        """Run Python with these settings only: what the user's shell holds of ours stays out."""
        ours = {variable: None for variable in os.environ if is_a_setting(variable)}
        return Program(name, [sys.executable, *arguments], {**ours, **settings}, ends=ends)


def days_since_the_scenario() -> int:
    """How far back a sweep must look to find the four weeks, whenever the demo is run."""
    return max(62, (datetime.now(UTC).date() - FIRST_DAY).days + 7)


def is_a_setting(variable: str) -> bool:
    return variable.startswith("TIMEPOST_") and variable != "TIMEPOST_CACHE"
