"""`timepost connections check` tries a configured ERP; the README's connection to the stand-in."""

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deploy.sandboxes.http_json_erp.background import serving
from deploy.sandboxes.http_json_erp.erp import OwnErp
from system_apis.command_line import connections
from system_apis.connectors import http_json

TOKEN = "token-of-timepost"
timepost = typer.Typer()
timepost.add_typer(connections)


def check(folder: Path, url: str, token: str, old: str = "", new: str = "") -> tuple[int, str]:
    """Exit code and words of the command, with one place of the file changed."""
    readme = (Path(str(http_json.__file__)).parent / "README.md").read_text(encoding="utf-8")
    text = readme.split("```toml\n")[1].split("```")[0].replace("https://erp.example.com", url)
    assert old in text
    file = folder / "connections.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    arguments = ["connections", "check", "--file", str(file)]
    result = CliRunner().invoke(timepost, arguments, env={"OWN_ERP_TOKEN": token})
    return result.exit_code, result.output


@pytest.mark.parametrize(("token", "code"), [(TOKEN, 0), ("another", 1)])
def test_the_command_tells_whether_it_works(tmp_path: Path, token: str, code: int) -> None:
    erp = OwnErp(bearer=TOKEN)
    with serving(erp) as url:
        exit_code, told = check(tmp_path, url, token)

    assert exit_code == code, told
    assert token not in told
    assert erp.received == []
    if code == 0:
        assert re.search(r"own-erp-us +works .*a posting would be POST /hours", told)
    else:
        assert "authentication" in told


def test_an_expression_that_cannot_work_is_named_with_its_place(tmp_path: Path) -> None:
    with serving(OwnErp()) as url:
        code, told = check(tmp_path, url, TOKEN, '"hours(minutes)"', '"hours(minutes"')

    assert code == 1
    assert "connections[0].options.posting.fields.hours" in told
    assert "'hours(minutes' does not compile" in told
