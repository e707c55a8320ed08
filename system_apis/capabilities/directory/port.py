"""What a connector for a directory implements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from system_apis.capabilities.directory.schemas import DirectoryAbilities, GroupPage, UserPage


class DirectoryPort(Protocol):
    """One connection to one directory. It is read; what its `repairs` name can be written, too
    (`Repairer`).

    Methods raise `shared.problems`: `UpstreamUnavailable` or `TooManyRequests` when the product
    does not answer or throttles, `UpstreamRefused` when it refuses our credentials.

    One row that makes no sense ends no listing: it is told as faulty.
    """

    def abilities(self) -> DirectoryAbilities: ...

    async def users(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> UserPage: ...

    async def groups(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> GroupPage: ...

    async def check(self) -> Sequence[str]:
        """Try the connection; returns what was found to work, in words, one line each."""
        ...

    async def close(self) -> None: ...
