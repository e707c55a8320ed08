"""Every link from page to page leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.documentation.pages import ROOT, pages, text_of, without_examples

_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def dead_links(page: Path, text: str) -> list[str]:
    """Relative targets that do not exist."""
    dead = []
    for link in _LINK.finditer(without_examples(text)):
        target = link["target"].partition("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            place = (ROOT / page).parent / target
            if not place.resolve().is_relative_to(ROOT) or not place.exists():
                dead.append(target)
    return dead


@pytest.mark.parametrize("page", pages(), ids=str)
def test_relative_links_resolve(page: Path) -> None:
    assert dead_links(page, text_of(page)) == []


def test_a_dead_link_is_found() -> None:
    text = "[gone](docs/gone.md#part), [here](README.md), [web](https://example.com), `[x](y)`"
    assert dead_links(Path("README.md"), text) == ["docs/gone.md"]
    assert dead_links(Path("docs/x.md"), "[out](../../outside.md)") == ["../../outside.md"]


def test_every_decision_is_in_the_index() -> None:
    decisions = [each for each in pages() if each.parent == Path("docs/decisions")]
    index = text_of("docs/decisions/README.md")
    numbered = sorted(each.name for each in decisions if each.name != "README.md")
    assert [int(name[:4]) for name in numbered] == list(range(1, len(numbered) + 1))
    for name in numbered:
        assert f"({name})" in index
        text = text_of(Path("docs/decisions") / name)
        for part in ("Context", "Decision", "Consequences", "Alternatives"):
            assert f"\n## {part}\n" in text, f"{name} lacks {part}"
