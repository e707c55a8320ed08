"""`timepost connections state`, `pause`, `drain` and `resume`, against a running tier."""

from pathlib import Path

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import running
from process_apis.tests.system_stand_in import ERP, TRACKER
from process_apis.tests.terminal import terminal


async def test_an_operator_switches_a_connection_at_a_terminal(
    tier: Tier, settings: ProcessSettings, identity: RunningIdentityServer, tmp_path: Path
) -> None:
    async with terminal(settings, identity, tmp_path, "connections") as connections:
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
