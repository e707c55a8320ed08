"""`timepost connections check` over the README's connection and the running stand-in."""

import tomllib
from pathlib import Path

import pytest

from deploy.sandboxes.http_json_erp.firm import masters_of
from shared.values import SystemClock
from system_apis.connection_checks import check_connections
from system_apis.connections import read_connections
from system_apis.connectors.http_json import CONNECTOR
from system_apis.connectors.http_json.port import HttpJsonErp
from system_apis.connectors.http_json.tests.conftest import README, TOKEN, Sandbox

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


@pytest.mark.parametrize(("token", "works"), [(TOKEN, True), ("another", False)])
async def test_the_command_tells_whether_it_works(
    sandbox: Sandbox, tmp_path: Path, token: str, works: bool
) -> None:
    text = README.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    file = tmp_path / "connections.toml"
    file.write_text(text.replace("https://erp.example.com", sandbox.url), encoding="utf-8")
    known = read_connections(file, {"http_json": CONNECTOR}, {"OWN_ERP_TOKEN": token})

    (result,) = await check_connections(known, SystemClock(), lambda _: None)

    assert result.works is works
    assert token not in result.found


async def test_masters_of_the_firm_come_in_our_words(port: HttpJsonErp, sandbox: Sandbox) -> None:
    sandbox.erp.masters.update(masters_of(FIRM))

    projects = (await port.projects(None, 500, None)).items
    tasks = (await port.tasks(None, 500, None)).items
    periods = (await port.periods(None, 500, None)).items

    assert [each.code for each in projects if each.status.value == "CLOSED"] == ["HR-0987"]
    assert {each.project_id for each in tasks} <= {each.external_id for each in projects}
    assert len(periods) == 24
