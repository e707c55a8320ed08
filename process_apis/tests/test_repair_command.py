"""`timepost masters repair` at a terminal, against a running tier."""

from pathlib import Path

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import running
from process_apis.tests.terminal import terminal
from process_apis.tests.test_other_masters import CRM, read
from process_apis.tests.test_repairs import crm, names, with_repairs


@pytest.fixture
def settings(settings: ProcessSettings, tmp_path: Path) -> ProcessSettings:
    return with_repairs(settings, tmp_path)


async def test_an_operator_rehearses_repairs_and_lets_through(
    tier: Tier, settings: ProcessSettings, identity: RunningIdentityServer, tmp_path: Path
) -> None:
    system = crm(tier, "ACME Ltd")
    await read(tier, CRM)
    async with terminal(settings, identity, tmp_path, "masters") as masters:
        dry = await masters("repair", CRM, "--dry-run")
        assert (dry.returncode, dry.stdout) == (0, "1 new or changed\npending 1\n"), dry.stderr
        assert names(system) == ["ACME Ltd"]
        unsaid = await masters("repair", CRM, "--release")
        assert (unsaid.returncode, "--reason" in unsaid.stderr) == (2, True)
        unknown = await masters("repair", "nowhere")
        assert (unknown.returncode, "[[repairs]]" in unknown.stderr) == (1, True)

        system.repair_faults = ["refuse"]
        with running(settings, tmp_path / "worker.log", "worker"):
            refused = await masters("repair", CRM)
            assert refused.returncode == 1
            assert "refused: name of client ACME Ltd: no such right" in refused.stdout
            mended = await masters("repair", CRM, "--release", "--reason", "it has the right now")
        assert (mended.returncode, "1 let through\ndone 1\n" in mended.stdout) == (0, True)
    assert names(system) == ["Acme"]
