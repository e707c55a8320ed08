"""The approvals file that the page shows is one that is read."""

import tomllib
from pathlib import Path

from process_apis.processes.approvals.configuration import (
    Approvers,
    ConnectionTable,
    PolicyTable,
    read_approvals,
)
from tests.documentation.pages import examples, text_of


def test_the_approvals_file_of_the_page_is_valid_and_shows_every_key(tmp_path: Path) -> None:
    (example,) = examples(text_of("docs/approvals.md"), "toml")
    path = tmp_path / "approvals.toml"
    path.write_text(example, encoding="utf-8")

    assert read_approvals(path).ours == {"timetagger-main"}
    (table,) = tomllib.loads(example)["connections"]
    assert set(table) == set(ConnectionTable.model_fields)
    assert set(table["approvers"]) == set(Approvers.model_fields)
    assert set(table["policies"][0]) == set(PolicyTable.model_fields)
