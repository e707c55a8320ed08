"""What people decide about a posting, as it is kept on it. Pure: no I/O."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Path(StrEnum):
    """A way on that only a person may choose.

    `OFFSET`: an invoiced line is taken back by a negative one, for the next invoice; `CHANGE`: a
    line is removed or rewritten though its period is closed; `SOFT_CLOSED`: into a softly closed
    period; `POST_ANYWAY`: the tracker calls it invoiced, and it is posted all the same.
    """

    OFFSET = "offset"
    CHANGE = "change"
    SOFT_CLOSED = "soft_closed"
    POST_ANYWAY = "post_anyway"


def decided(row: Mapping[str, Any], path: Path) -> bool:
    """Whether somebody chose this way for this posting."""
    decision: Mapping[str, Any] | None = row["decision"]
    return decision is not None and path in decision.get("paths", {})
