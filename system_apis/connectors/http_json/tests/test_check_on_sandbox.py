"""What the README's connection reads from the running stand-in."""

import tomllib
from pathlib import Path

from deploy.sandboxes.http_json_erp.firm import masters_of
from system_apis.connectors.http_json.port import HttpJsonErp
from system_apis.connectors.http_json.tests.conftest import Sandbox

FIRM = tomllib.loads(Path("deploy/local/firm.toml").read_text(encoding="utf-8"))


async def test_check_reads_a_little_of_everything_and_posts_nothing(
    port: HttpJsonErp, sandbox: Sandbox
) -> None:
    sandbox.erp.masters.update(masters_of(FIRM))

    found = await port.check()

    assert found[0].startswith('a posting would be POST /hours {"reference": "0f0f')
    assert "workers: 5 read" in found
    assert found[-1] == "look-up works: 0 lines for a key that nobody has"
    assert sandbox.erp.received == []


async def test_masters_of_the_firm_come_in_our_words(port: HttpJsonErp, sandbox: Sandbox) -> None:
    sandbox.erp.masters.update(masters_of(FIRM))

    projects = (await port.projects(None, 500, None)).items
    tasks = (await port.tasks(None, 500, None)).items
    periods = (await port.periods(None, 500, None)).items

    assert [each.code for each in projects if each.status.value == "CLOSED"] == ["HR-0987"]
    assert {each.project_id for each in tasks} <= {each.external_id for each in projects}
    assert len(periods) == 24
