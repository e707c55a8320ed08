"""The repository stands by itself: nothing in it names the machine that somebody wrote it on."""

import re

import pytest

from tests.documentation.pages import ROOT, tracked_files

# Spelt in parts, so that this file does not find itself.
_FOREIGN = re.compile(
    "|".join(
        (
            r"/wo" r"rk/",
            r"\.lib" r"rary/",
            r"/tm" r"p/(?:tp|bash)\b",  # noqa: S108 - a pattern, no path
            r"/ho" r"me/\w+",
            r"/Us" r"ers/[A-Za-z]\w*",  # SCIM has /Users/2
            r"\bshar" r"ed/(?:reference|sketches|style\.md|architecture\.md)",
            r"\b(?:Chat" r"GPT|Clau" r"de|Copi" r"lot|An" r"thropic|Open" r"AI)\b",
            r"\blanguage " r"model\b",
        )
    )
)


def strays(text: str) -> list[str]:
    """What in a text belongs to somebody's workplace."""
    return sorted({match.group() for match in _FOREIGN.finditer(text)})


def test_no_file_names_a_workplace() -> None:
    found = {}
    for name in tracked_files():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if stray := strays(text):
            found[str(name)] = stray
    assert found == {}


@pytest.mark.parametrize("text", ["see /wo" + "rk/notes", "/ho" + "me/ann/x", "by Chat" + "GPT"])
def test_a_stray_name_is_found(text: str) -> None:
    assert len(strays(text)) == 1
