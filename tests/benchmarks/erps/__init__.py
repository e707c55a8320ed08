"""The ERPs that benchmarks post into, each with the bare loop that is its ceiling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from deploy.local.supervisor import Supervisor
from tests.benchmarks.entries import Firm


@dataclass(frozen=True)
class Line:
    """A line that stands in the ERP.

    :param posting_key: as the ERP kept it.
    :param taken_at: when the ERP took it, in seconds since the epoch.
    """

    posting_key: str
    taken_at: float


class Erp(Protocol):
    """What a benchmark asks of an ERP beside the product."""

    name: str
    firm: Firm

    def start(self, supervisor: Supervisor) -> None:
        """Start it, and return when it answers; the supervisor ends it."""
        ...

    def connection(self) -> str:
        """The connection to it, as TOML; secrets that it names are kept by now."""
        ...

    def reset(self) -> None:
        """Forget all lines."""
        ...

    def line_count(self) -> int:
        """How many lines stand in it."""
        ...

    def lines(self) -> Sequence[Line]:
        """Every line that stands in it."""
        ...

    async def bare(self, count: int, in_flight: int) -> float:
        """Lines a second of a loop that does nothing but post them one by one."""
        ...

    async def bare_batched(self, count: int, in_flight: int) -> float:
        """The same in batches of fifty."""
        ...
