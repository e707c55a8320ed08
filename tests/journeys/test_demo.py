"""`timepost demo --once`, as a newcomer runs it, in an empty directory."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.processes import RECORD_SUFFIX
from deploy.local.pytest_plugin import session_directory
from deploy.local.scenario.firm import DEMO_FILE, read_firm
from deploy.local.scenario.make_plan import FIRST_DAY, make_plan
from deploy.local.scenario.weekend_plan import plan_weekends

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def ended() -> Iterator[tuple[Path, str]]:
    """Where it ran, and what it printed. It must have come out right."""
    with session_directory() as directory:
        yield directory / ".local" / "demo", run_once(directory)


def run_once(directory: Path) -> str:
    finished = subprocess.run(
        [sys.executable, "-m", "deploy.command_line", "demo", "--once"],
        cwd=directory,
        env={**os.environ, "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-8000:]
    return finished.stdout


def test_every_approved_hour_is_in_the_erp_exactly_once_or_is_a_case(
    ended: tuple[Path, str],
) -> None:
    _, printed = ended
    assert "Every approved hour stands in the ERP exactly once, or is a case." in printed
    assert "✗" not in printed
    for row in ("MD_PROJECT_CLOSED, resolved by itself", "hcm: hire_date of", "crm: name of"):
        assert row in printed
    for row in ("Entered in TimeTagger", "Approved by carl.", "Refused: self_approval"):
        assert row in printed


def test_nothing_is_left_running(ended: tuple[Path, str]) -> None:
    state, _ = ended
    assert list(state.rglob(f"*{RECORD_SUFFIX}")) == []


def test_no_log_holds_a_secret_or_what_people_wrote(ended: tuple[Path, str]) -> None:
    state, printed = ended
    told = "\n".join([printed, *(log.read_text(errors="replace") for log in state.rglob("*.log"))])
    secrets = {
        line.strip().strip('",')
        for path in (state / "secrets").iterdir()
        for line in path.read_text().replace(": ", "\n").splitlines()
        if len(line.strip()) > 11 and "timepost-" not in line
    }
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret in told] == []
    firm = read_firm(FIRST_DAY, DEMO_FILE)
    narratives = {entry.narrative for _, entry in make_plan(firm).entries()}
    narratives |= {entry.text for weekend in plan_weekends(firm) for entry in weekend.entries}
    assert [narrative for narrative in narratives if narrative in told] == []


def test_the_processes_told_what_they_did(ended: tuple[Path, str]) -> None:
    state, _ = ended
    for service in ("system", "process", "worker-1", "worker-2", "experience"):
        assert (state / "logs" / f"{service}.log").stat().st_size > 0, service
