"""Natural keys: when two systems mean the same thing. Pure: no I/O."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Matched = Literal["one", "none", "several"]


@dataclass(frozen=True)
class Named:
    """Something with the keys by which people know it."""

    code: str | None = None
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Candidate:
    """A canonical record that a reference might mean."""

    id: UUID
    external_id: str
    keys: Named


@dataclass(frozen=True)
class Match:
    """`several` is never resolved by guessing: a steward chooses."""

    matched: Matched
    candidate: Candidate | None = None


def normalised(text: str | None) -> str | None:
    """For comparing codes, names and addresses: case and spaces do not matter."""
    if text is None:
        return None
    return re.sub(r"\s+", " ", text).strip().casefold() or None


def match(reference: Named, candidates: Iterable[Candidate]) -> Match:
    """The one candidate that shares the strongest key with the reference.

    An email is stronger than a code, and a code than a name: a weaker key is only asked where
    the stronger ones found nobody.
    """
    known = list(candidates)
    for key in ("email", "code", "name"):
        wanted = normalised(getattr(reference, key))
        if wanted is None:
            continue
        hits = {each.id: each for each in known if normalised(getattr(each.keys, key)) == wanted}
        if len(hits) == 1:
            return Match("one", *hits.values())
        if hits:
            return Match("several")
    return Match("none")
