"""The connections files that pages show are accepted as they stand, secrets and all."""

import re
import tomllib
from pathlib import Path

import pytest

from system_apis.connections import read_connections
from system_apis.registry import discover_connectors
from tests.documentation.pages import ROOT, examples, pages, text_of

_ENVIRONMENT = re.compile(r'env = "(\w+)"')
_FILE = re.compile(r'file = "([^"]+)"')
# The approvals file has tables of that name, too; it has a test of its own.
_OTHER_FILES = {Path("docs/approvals.md")}
_EXAMPLES = [
    pytest.param(example, id=f"{page}-{number}")
    for page in pages()
    if page not in _OTHER_FILES
    for number, example in enumerate(examples(text_of(page), "toml"))
    if "[[connections]]" in example and "system_apis/connectors" not in str(page)
]


@pytest.mark.parametrize("example", _EXAMPLES)
def test_the_example_is_accepted(example: str, tmp_path: Path) -> None:
    text = example
    for number, name in enumerate(_FILE.findall(example)):
        secret = tmp_path / f"secret-{number}"
        secret.write_text("made-up\n", encoding="utf-8")
        text = text.replace(f'file = "{name}"', f'file = "{secret}"')
    file = tmp_path / "connections.toml"
    file.write_text(text, encoding="utf-8")
    environment = dict.fromkeys(_ENVIRONMENT.findall(example), "made-up")

    connections = read_connections(file, discover_connectors(), environment)

    stated = tomllib.loads(example)["connections"]
    assert [each.name for each in connections] == [each["name"] for each in stated]


def test_the_readme_connects_a_tracker_and_an_erp() -> None:
    (example,) = examples((ROOT / "README.md").read_text(encoding="utf-8"), "toml")
    used = {each["connector"] for each in tomllib.loads(example)["connections"]}
    capabilities = {discover_connectors()[name].capability for name in used}
    assert capabilities == {"time_tracking", "erp"}


def test_the_readme_says_of_every_connector_what_it_was_tried_against() -> None:
    readme = text_of("README.md")
    for name in discover_connectors():
        assert f"](system_apis/connectors/{name}/README.md)" in readme, f"README.md lacks {name}"
