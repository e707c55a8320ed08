"""Every code that the code knows has words for people."""

import re
from pathlib import Path

import pytest

from process_apis.processes import exceptions
from process_apis.processes.exceptions.catalogue import CATALOGUE, told

_PROCESSES = Path(exceptions.__file__).parents[1]
_CODE = re.compile(r'"((?:MD|MP|RT|CT|PD|AP|TM|EX|IO|CO|RC|IC)_[A-Z_]+)"')

# What a conversion answers; no hours wait for one.
_NO_CASES = {"RT_FX_MISSING"}


def _used() -> set[str]:
    # The modules above the processes wire them together, and give some their code.
    sources = [*_PROCESSES.glob("*/*.py"), *_PROCESSES.parent.glob("*.py")]
    texts = (path.read_text() for path in sources if path.name != "catalogue.py")
    return {code for text in texts for code in _CODE.findall(text)} - _NO_CASES


def test_every_code_in_use_is_in_the_catalogue_and_no_other() -> None:
    assert _used() == set(CATALOGUE)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_sentence_can_be_said_with_nothing_known(code: str) -> None:
    entry, sentence = told(code, {})
    assert entry.code == code
    assert "{" not in sentence
    assert sentence[0].isupper() or sentence.startswith("(")
    assert entry.action.endswith(".")


def test_facts_are_taken_as_they_are() -> None:
    _, sentence = told("EX_REJECTED", {"said": "{worker} %s"})
    assert sentence.endswith("{worker} %s")
