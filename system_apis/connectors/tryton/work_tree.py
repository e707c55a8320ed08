"""Projects and tasks as the tree that Tryton keeps them in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from system_apis.connectors.tryton.platform_models import TrytonWork

_DEEPEST = 50  # Tryton refuses circles; a tree deeper than this is not one


@dataclass
class WorkTree:
    """Works by id, with all their ancestors once `missing_parents` is empty.

    :param closed_statuses: names of statuses that count as closed although they do not demand
        100 % progress.
    """

    closed_statuses: frozenset[str] = frozenset()
    works: dict[int, TrytonWork] = field(default_factory=dict)

    def add(self, works: Iterable[TrytonWork]) -> None:
        self.works.update((work.id, work) for work in works)

    def missing_parents(self) -> set[int]:
        parents = {work.parent for work in self.works.values() if work.parent is not None}
        return parents - self.works.keys()

    def path(self, work: TrytonWork) -> Iterator[TrytonWork]:
        """The work itself, its parent, and so on up to the top."""
        current: TrytonWork | None = work
        for _ in range(_DEEPEST):
            if current is None:
                return
            yield current
            current = self.works.get(current.parent) if current.parent is not None else None

    def project_of(self, work: TrytonWork) -> TrytonWork | None:
        """The nearest project at or above; None for a task outside of any project."""
        return next((each for each in self.path(work) if each.type == "project"), None)

    def is_closed(self, work: TrytonWork) -> bool:
        """Whether the work or anything above it is closed.

        Tryton's status *Done* is the one that demands full progress. Tryton goes on taking hours
        on it: that this is not wanted is our reading of what people mean by it.
        """
        return any(
            each.status.progress == 1.0 or each.status.name in self.closed_statuses
            for each in self.path(work)
        )
