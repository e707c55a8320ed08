"""Lists of master data, page by page: what every page tells beside its rows.

A page says three things that a bare list cannot. Which rows made no sense: those are not gone, and
their last good state stays. Which are deleted, as far as the product tells. And whether the pages
together are complete, because only then may absence be read as a deletion.
"""

from typing import Generic, TypeVar

from pydantic import Field

from system_apis.capabilities.contract import Contract, ExternalId
from system_apis.capabilities.repairs import Repairable

D = TypeVar("D")


class FaultyRow(Contract):
    """A row of the product that makes no sense here; its last good state stays."""

    external_id: ExternalId | None = Field(
        description="Null where the row does not tell it: then absence proves nothing in this "
        "listing, whatever `complete` says."
    )
    reason: str = Field(max_length=500, description="Which field, and why; never its value.")


class MasterPage(Contract):
    """Base of the pages: what stands beside their rows."""

    next_cursor: str | None = None
    deleted: list[ExternalId] = Field(
        default_factory=list, description="Told as deleted, where the product tells deletions."
    )
    faulty: list[FaultyRow] = Field(
        default_factory=list, description="Rows to be mended in the product; not deleted."
    )
    complete: bool = Field(
        description="On the last page: the pages hold everything there is, so that absence may be "
        "read as deletion. A product that cannot tell changes gives everything to every question; "
        "a listing without a single row claims nothing."
    )


class MasterAbilities(Contract, Generic[D]):
    """What a product tells of its masters; callers choose between full and delta from it."""

    lists: list[D] = Field(description="Lists that it has at all; any other is empty.")
    deltas: list[D] = Field(description="Lists that heed changed_since.")
    deletions: list[D] = Field(description="Lists whose deltas also tell what was deleted.")
    repairs: list[Repairable] = Field(
        default_factory=list, description="Attributes that can be brought in line with their owner."
    )
