"""`timepost masters` at a terminal, against a running tier."""

import re
from pathlib import Path

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests.conftest import Tier
from process_apis.tests.other_systems import OtherSystem
from process_apis.tests.programs import running
from process_apis.tests.system_stand_in import ERP
from process_apis.tests.terminal import terminal
from process_apis.tests.test_other_masters import ADA, HCM


async def test_an_operator_rehearses_reads_and_confirms(
    tier: Tier, settings: ProcessSettings, identity: RunningIdentityServer, tmp_path: Path
) -> None:
    async with terminal(settings, identity, tmp_path, "masters") as masters:
        with running(settings, tmp_path / "worker.log", "worker"):
            tier.system.masters["workers"][0]["name"] = "Ada Obi-Lund"
            tier.system.masters["tasks"][0]["start_date"] = "2026-06-02"
            tier.system.masters["tasks"][0]["end_date"] = "2026-06-01"
            dry = await masters("sync", ERP, "--dry-run")
            assert dry.returncode == 0, dry.stderr
            assert "0 created, 1 changed, 0 vanished, 1 refused" in dry.stdout
            (seen,) = re.findall(r"run ([0-9a-f-]{36})", dry.stdout)
            shown = await masters("diff", seen)
            assert (
                "changed  worker 11  Ada Obi-Lund\n    name: Ada Obi -> Ada Obi-Lund"
                in shown.stdout
            )
            assert "row 1: ends on 2026-06-01, before it starts on 2026-06-02" in shown.stdout

            nothing = await masters("unbound")
            assert (nothing.returncode, nothing.stdout) == (0, ""), nothing.stderr
            agreed = await masters("drift")
            assert (agreed.returncode, agreed.stdout) == (0, ""), agreed.stderr
            ada = {**ADA, "employee_number": "E001", "hire_date": None, "name": "Ada Lund"}
            tier.system.others = {HCM: "hcm"}
            tier.system.other_systems[HCM] = OtherSystem({"workers": [ada]})
            assert (await masters("sync", ERP, "--dry-run")).returncode == 0
            assert (await masters("sync", HCM)).returncode == 0
            differs = await masters("drift", "--connection", ERP)
            assert differs.returncode == 1
            assert differs.stdout.splitlines()[0] == f"{ERP}  worker 11  Ada Obi"
            for listed in ("conflicts", "pins", "proposals"):
                none = await masters(listed, "--connection", ERP)
                assert (none.returncode, none.stdout) == (0, ""), none.stderr
            tier.system.masters["workers"][0]["name"] = "Ada Obi-Lund"
            assert (await masters("sync", ERP)).returncode == 0
            waits = await masters("proposals")
            assert waits.returncode == 1
            assert f"Ada Obi-Lund in {ERP} instead of Ada Lund" in waits.stdout

            tier.system.masters["clients"] = []
            stopped = await masters("sync", ERP)
            assert (stopped.returncode, "list of clients is empty" in stopped.stdout) == (1, True)
            (waits,) = re.findall(r"run ([0-9a-f-]{36})", stopped.stdout)
            reported = await masters("report", "--connection", ERP)
            assert (reported.returncode, f"confirm (run {waits})" in reported.stdout) == (1, True)
            done = await masters("confirm", waits, "--reason", "the only client left")
            assert (done.returncode, "DONE: 11 read" in done.stdout) == (0, True), done.stderr
            again = await masters("confirm", waits, "--reason", "the only client left")
            assert (again.returncode, "run_not_stopped" in again.stderr) == (1, True)
            assert (await masters("report")).returncode == 0
