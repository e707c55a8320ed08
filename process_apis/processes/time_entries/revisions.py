"""What is newer: by the tracker's own numbers where it has them, else by instants. Pure: no I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from process_apis.processes.time_entries.states import EntryState

if TYPE_CHECKING:
    from process_apis.processes.time_entries.rules import Head, Observation


def is_stale(head: Head, seen: Observation) -> bool:
    """Whether something newer is known already.

    A pushed version counts by its number, whenever it comes. A read shows what is there now, so
    with the same number its instant counts; and so it does after a deletion, which has no number.
    """
    if head.revision is not None and seen.revision is not None:
        if seen.revision < head.revision:
            return True
        if seen.pushed and seen.revision > head.revision and head.state is not EntryState.DELETED:
            return False
    return seen.observed_at < head.observed_at


def contradicts(head: Head, seen: Observation, *, same: bool) -> bool:
    """Whether a pushed number that is known already comes with something else.

    One of the two is wrong, and nobody can tell which: the tracker has to give a new number.
    """
    known = seen.pushed and seen.revision is not None and seen.revision == head.revision
    return known and head.state is not EntryState.DELETED and not same


def passed_over(before: Head | None, after: Head) -> tuple[int, int] | None:
    """Numbers, both ends included, between two versions that follow one another here."""
    if before is None or before.revision is None or after.revision is None:
        return None
    first, last = before.revision + 1, after.revision - 1
    return (first, last) if first <= last else None


def stamped(head: Head, seen: Observation) -> Head:
    """The head as of this observation. Its instant never goes back, as a tracker's clock may."""
    return replace(
        head,
        observed_at=max(head.observed_at, seen.observed_at),
        revision=seen.revision or head.revision,
    )
