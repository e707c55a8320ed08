"""The real TimeTagger as a pytest fixture; import it into a ``conftest.py``.

It runs once a session. A test takes accounts of its own, so that none sees the
records of another.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from deploy.timetagger.person import Person
from deploy.timetagger.server import TimeTaggerServer

# Accounts are settled when TimeTagger starts; a session's tests share out these.
_ACCOUNTS = [f"person{number}@haldenridge.example" for number in range(80)]


class Accounts:
    """Hands every test accounts that nobody has used."""

    def __init__(self, server: TimeTaggerServer) -> None:
        self.server = server
        self._unused = itertools.chain(_ACCOUNTS)

    def take(self) -> Person:
        """A person with an empty store.

        :raises StopIteration: the tests of one session need more than there are.
        """
        return self.server.person(next(self._unused))


@pytest.fixture(scope="session")
def timetagger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """A running TimeTagger of this test session's own."""
    with TimeTaggerServer(tmp_path_factory.mktemp("timetagger"), _ACCOUNTS) as server:
        yield Accounts(server)
