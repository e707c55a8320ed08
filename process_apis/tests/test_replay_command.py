"""`timepost replay` at a terminal, against a running tier."""

import re
from pathlib import Path

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import running
from process_apis.tests.system_stand_in import ERP, TRACKER
from process_apis.tests.terminal import terminal


async def test_an_operator_sees_starts_and_follows_a_replay(
    tier: Tier, settings: ProcessSettings, identity: RunningIdentityServer, tmp_path: Path
) -> None:
    names = ["e1", "e2", "e3"]
    for number, name in enumerate(names):
        firm.enter(tier.system, name, work_date=f"2026-06-0{number + 1}", minutes=60)
    firm.enter(tier.system, "e4", project=firm.CLOSED, task=None)
    tier.system.post_faults.append("reject:rejected")
    await tier.approve(*names, "e4")
    async with terminal(settings, identity, tmp_path, "replay") as replay:
        shown = await replay("show", "--connection", ERP, "--lines", "2")
        assert shown.returncode == 0, shown.stderr
        assert "3 would be sent, 3.00 hours." in shown.stdout
        assert "1 would fail: MD_PROJECT_CLOSED" in shown.stdout
        assert "... and 2 more" in shown.stdout
        assert tier.system.lines == []
        (seen,) = re.findall(r"hash: ([0-9a-f]{64})", shown.stdout)

        changed = await replay("start", "--connection", ERP, "--hash", "0" * 64)
        assert changed.returncode == 1
        assert "replay_changed" in changed.stderr
        unknown = await replay("show", "--connection", "nowhere")
        assert (unknown.returncode, "unknown_scope" in unknown.stderr) == (1, True)
        nothing = await replay("show")
        assert (nothing.returncode, "one scope" in nothing.stderr) == (1, True)

        with running(settings, tmp_path / "worker.log", "worker"):
            done = await replay("start", "--connection", ERP, "--hash", seen)
        assert done.returncode == 0, done.stderr
        assert "DONE: 3 sent on, 1 still failing" in done.stdout
        (replay_id,) = re.findall(r"replay ([0-9a-f-]{36})", done.stdout)

        again = await replay("reread", "--entry", f"{TRACKER}:e1")
        assert (again.returncode, again.stdout) == (0, "1 read again\n"), again.stderr
        over = await replay("stop", replay_id)
        assert (over.returncode, "replay_over" in over.stderr) == (1, True)
        followed = await replay("follow", replay_id)
        assert (followed.returncode, "DONE: 3 sent on" in followed.stdout) == (0, True)
