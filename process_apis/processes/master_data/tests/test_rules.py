"""Who is meant: the strongest key decides, and nobody guesses."""

from uuid import UUID

import pytest

from process_apis.processes.master_data.rules import Candidate, Match, Named, match, normalised


def candidate(number: int, **keys: str) -> Candidate:
    return Candidate(UUID(int=number), str(number), Named(**keys))


ADA = candidate(1, code="E001", name="Ada Obi", email="ada@example.com")
BEN = candidate(2, code="E002", name="Ben Roy", email="ben@example.com")
TWIN = candidate(3, code="E003", name="Ada Obi", email="twin@example.com")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (Named(email="ada@example.com", code="E002", name="Ben Roy"), ADA),
        (Named(email="nobody@example.com", code="E002", name="Ada Obi"), BEN),
        (Named(name="Ben Roy"), BEN),
        (Named(email=" ADA@Example.com "), ADA),
        (Named(name="ben   roy"), BEN),
        (Named(code="e001"), ADA),
    ],
)
def test_the_strongest_key_that_finds_anybody_decides(said: Named, found: Candidate) -> None:
    assert match(said, [ADA, BEN, TWIN]) == Match("one", found)


def test_several_are_never_chosen_between_by_a_weaker_key() -> None:
    assert match(Named(name="ADA OBI"), [ADA, BEN, TWIN]) == Match("several")
    same_code = candidate(4, code="E001", name="Somebody")
    assert match(Named(code="E001", name="Ada Obi"), [ADA, same_code]) == Match("several")


@pytest.mark.parametrize("said", [Named(), Named(name="Cy Day"), Named(code="  ", name="")])
def test_nobody_is_found_without_a_common_key(said: Named) -> None:
    assert match(said, [ADA, BEN, candidate(5)]) == Match("none")


@pytest.mark.parametrize(
    ("text", "key"),
    [(None, None), ("  ", None), ("Straße", "strasse"), (" A\t b\n", "a b"), ("ÄÖ", "äö")],
)
def test_case_and_spaces_do_not_matter(text: str | None, key: str | None) -> None:
    assert normalised(text) == key
