"""What an unbound reference may mean, best first. Pure: no I/O.

Nothing of this binds by itself: what can be told without guessing was bound long before. A steward
chooses.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from uuid import UUID

from process_apis.processes.master_data.rules import normalised

# Equal names are not certain, and similar ones less so.
NAME, SIMILAR, LEAST = 0.95, 0.9, 0.6
MOST = 3
# Words that so many candidates share say nothing.
_COMMON = 500


class Reason(StrEnum):
    """Why something is suggested."""

    CODE = "code"
    EMAIL = "email"
    NAME = "name"
    SIMILAR_NAME = "similar name"


@dataclass(frozen=True)
class Said:
    """A reference as the tracker writes it."""

    name: str | None
    code: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Known:
    """A record that it might mean."""

    id: UUID
    external_id: str
    name: str
    code: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Suggestion:
    """:param score: from 0 to 1."""

    known: Known
    score: float
    reason: Reason


class Candidates:
    """Records of one kind, looked up by what they are called."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._all = list(known)
        self._by_word: dict[str, list[Known]] = defaultdict(list)
        for each in self._all:
            for word in set(_words(each.name)):
                self._by_word[word].append(each)

    def suggestions(self, said: Said) -> list[Suggestion]:
        """The best few; of each candidate, for its strongest reason."""
        best: dict[UUID, Suggestion] = {}
        for each in self._near(said):
            found = _scored(said, each)
            if found is not None:
                best[each.id] = found
        ordered = sorted(best.values(), key=lambda each: (-each.score, each.known.external_id))
        return ordered[:MOST]

    def _near(self, said: Said) -> Sequence[Known]:
        keys = {normalised(said.code), normalised(said.email)} - {None}
        exact = [
            each for each in self._all if keys & {normalised(each.code), normalised(each.email)}
        ]
        alike = [
            each
            for word in set(_words(said.name))
            if len(self._by_word.get(word, ())) <= _COMMON
            for each in self._by_word.get(word, ())
        ]
        return [*exact, *alike]


def single_best(found: Sequence[Suggestion], at_least: float) -> Suggestion | None:
    """The first, if its score is enough and no other has the same."""
    if not found or found[0].score < at_least:
        return None
    return None if len(found) > 1 and found[1].score == found[0].score else found[0]


def _scored(said: Said, known: Known) -> Suggestion | None:
    for reason, one, other in (
        (Reason.EMAIL, said.email, known.email),
        (Reason.CODE, said.code, known.code),
    ):
        if normalised(one) and normalised(one) == normalised(other):
            return Suggestion(known, 1.0, reason)
    mine, its = " ".join(_words(said.name)), " ".join(_words(known.name))
    if not mine or not its:
        return None
    if mine == its:
        return Suggestion(known, NAME, Reason.NAME)
    score = round(SIMILAR * SequenceMatcher(None, mine, its, autojunk=False).ratio(), 3)
    return Suggestion(known, score, Reason.SIMILAR_NAME) if score >= LEAST else None


def _words(text: str | None) -> list[str]:
    return re.findall(r"\w+", normalised(text) or "")
