"""Committed contracts are the code's own, byte for byte."""

from pathlib import Path
from typing import Any

from shared.contracts import check, read, rendered, write


def contract(title: str = "Sheets") -> dict[str, Any]:
    return {"paths": {}, "openapi": "3.1.0", "info": {"title": title, "version": "1 — é"}}


def test_what_was_written_is_found_unchanged(tmp_path: Path) -> None:
    contracts = {"system/sheets.v1.json": contract}
    assert write(tmp_path, contracts) == [tmp_path / "system/sheets.v1.json"]
    assert check(tmp_path, contracts) == []
    assert read(tmp_path, "system/sheets.v1.json") == contract()


def test_an_unchanged_contract_is_not_written_again(tmp_path: Path) -> None:
    write(tmp_path, {"a.json": contract()})
    assert write(tmp_path, {"a.json": contract()}) == []


def test_the_text_is_sorted_indented_and_ends_with_a_newline() -> None:
    text = rendered({"b": 1, "a": {"d": [], "c": "é"}})
    assert text == '{\n  "a": {\n    "c": "é",\n    "d": []\n  },\n  "b": 1\n}\n'


def test_a_difference_is_shown(tmp_path: Path) -> None:
    write(tmp_path, {"a.json": contract()})
    (finding,) = check(tmp_path, {"a.json": contract("Other")})
    assert finding.startswith("a.json: the code differs")
    assert '-    "title": "Sheets",' in finding
    assert '+    "title": "Other",' in finding


def test_another_line_ending_is_a_difference(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(rendered(contract()).replace("\n", "\r\n").encode())
    assert len(check(tmp_path, {"a.json": contract()})) == 1


def test_a_contract_that_was_never_written_is_named(tmp_path: Path) -> None:
    assert check(tmp_path, {"a.json": contract()}) == ["a.json: not written yet"]
