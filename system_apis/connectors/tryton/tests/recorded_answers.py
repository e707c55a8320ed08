"""Gives tests what Tryton really answered."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from system_apis.connectors.tryton.platform_models import TrytonRecord
from system_apis.connectors.tryton.wire import decode

_FOLDER = Path(__file__).parent / "recorded"

Record = TypeVar("Record", bound=TrytonRecord)


def refusals() -> dict[str, Any]:
    found: dict[str, Any] = decode((_FOLDER / "refusals.json").read_bytes())
    return found


def records(name: str, kind: type[Record]) -> list[Record]:
    answers = decode((_FOLDER / "records.json").read_bytes())
    return TypeAdapter(list[kind]).validate_python(answers[name])  # type: ignore[valid-type]


def raw_records(name: str) -> list[dict[str, Any]]:
    """As they stood on the wire."""
    found = json.loads((_FOLDER / "records.json").read_bytes())[name]
    return list(found)
