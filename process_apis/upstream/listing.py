"""Lists of masters by page, as this tier reads them, whichever capability they are of."""

from typing import Generic, TypeVar

from pydantic import Field

from process_apis.texts import Cleaned
from process_apis.upstream.time_tracking import Read

M = TypeVar("M", bound=Read)


class FaultyRow(Read):
    """A row that makes no sense in the product itself; its last good state stays."""

    external_id: Cleaned | None = None
    reason: Cleaned


class RowPage(Read, Generic[M]):
    """One page of an ERP's list, whose pages together are all there is."""

    items: list[M]
    next_cursor: Cleaned | None = None


class MasterPage(RowPage[M], Generic[M]):
    """One page.

    :param deleted: ids that are told as deleted.
    :param complete: on the last page: what no page has is gone.
    """

    deleted: list[Cleaned] = Field(default_factory=list)
    faulty: list[FaultyRow] = Field(default_factory=list)
    complete: bool


class MasterAbilities(Read):
    """Which lists a system has, and which of them can tell only what changed."""

    lists: list[Cleaned]
    deltas: list[Cleaned]
    deletions: list[Cleaned]
    repairs: list[Cleaned] = Field(default_factory=list)
