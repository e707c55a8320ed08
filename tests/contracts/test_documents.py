"""The committed OpenAPI documents: valid, linted, and equal to the code byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from experience_apis.contracts import documents as experience_documents
from process_apis.contracts import documents as process_documents
from shared.contracts import check, lint, validate, write
from system_apis.contracts import documents as system_documents

OPENAPI = Path(__file__).parents[2] / "openapi"
COMMITTED = sorted(OPENAPI.rglob("*.json"))


def made() -> dict[str, Any]:
    return {**system_documents(), **process_documents(), **experience_documents()}


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.relative_to(OPENAPI).as_posix())
def test_a_committed_document_is_valid_openapi_3_1_and_keeps_the_house_rules(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))

    assert document["openapi"].startswith("3.1")
    assert validate(document) == []
    assert lint(document) == []


def test_writing_them_anew_gives_the_same_bytes(tmp_path: Path) -> None:
    assert check(OPENAPI, made()) == []

    write(tmp_path, made())

    names = [path.relative_to(OPENAPI) for path in COMMITTED]
    assert [path.relative_to(tmp_path) for path in sorted(tmp_path.rglob("*.json"))] == names
    assert all((tmp_path / name).read_bytes() == (OPENAPI / name).read_bytes() for name in names)
