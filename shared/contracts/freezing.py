"""Contracts are committed files: what a tier serves and what it promised are the same bytes."""

import difflib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Document = Mapping[str, Any]
# File below `openapi/`, such as `system/erp.v1.json` -> the document, or what makes it.
Contracts = Mapping[str, Document | Callable[[], Document]]

_LONGEST_DIFFERENCE = 40


def rendered(document: Document) -> str:
    """Always the same text for the same document: keys sorted, two spaces, newline at the end."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(openapi_dir: Path, contracts: Contracts) -> list[Path]:
    """Write every contract; gives the files whose content changed."""
    changed = []
    for name, document in contracts.items():
        path = openapi_dir / name
        text = rendered(_document(document))
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def check(openapi_dir: Path, contracts: Contracts) -> list[str]:
    """What differs between the committed files and the code; empty when nothing does."""
    return [
        finding
        for name, document in contracts.items()
        if (finding := _difference(openapi_dir / name, name, rendered(_document(document))))
    ]


def read(openapi_dir: Path, name: str) -> dict[str, Any]:
    """A committed contract.

    :raises FileNotFoundError: it was never written.
    """
    document: dict[str, Any] = json.loads((openapi_dir / name).read_text(encoding="utf-8"))
    return document


def _document(given: Document | Callable[[], Document]) -> Document:
    return given() if callable(given) else given


def _difference(path: Path, name: str, text: str) -> str | None:
    if not path.exists():
        return f"{name}: not written yet"
    committed = path.read_bytes().decode("utf-8")
    if committed == text:
        return None
    lines = list(
        difflib.unified_diff(
            committed.splitlines(),
            text.splitlines(),
            fromfile=f"committed {name}",
            tofile="the code",
            lineterm="",
            n=2,
        )
    )
    more = len(lines) - _LONGEST_DIFFERENCE
    shown = [*lines[:_LONGEST_DIFFERENCE], *([f"... {more} more lines"] if more > 0 else [])]
    return "\n".join([f"{name}: the code differs from the committed contract", *shown])
