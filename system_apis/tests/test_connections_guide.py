"""The operators' guide shows what the reader of the file accepts."""

import re
from pathlib import Path

from system_apis.connections import read_connections
from system_apis.registry import discover_connectors

GUIDE = Path(__file__).parents[2] / "docs" / "connections.md"


def test_the_file_in_the_guide_is_valid(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```toml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "clockify-eu-changed").write_text("made-up")
    (secrets / "tryton-de").write_text("made-up")
    file = tmp_path / "connections.toml"
    file.write_text(shown.replace("/run/secrets/", "secrets/"), encoding="utf-8")

    found = read_connections(file, discover_connectors(), {"CLOCKIFY_EU_KEY": "made-up"})

    assert [each.name for each in found] == ["clockify-eu", "tryton-de"]
