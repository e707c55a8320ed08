"""Real servers on real sockets: a provider that is not ours, and the development server."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from deploy.identity.in_thread import RunningIdentityServer, identity_server_in_thread
from deploy.oidc_provider.fixtures import oidc_provider

__all__ = ["oidc_provider"]


@dataclass
class CountingClient:
    """A client on the network that remembers which addresses it asked."""

    http: httpx2.AsyncClient = field(init=False)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = httpx2.AsyncClient(event_hooks={"request": [self._note]})

    async def _note(self, request: httpx2.Request) -> None:
        self.asked.append(request.url.path)


@pytest.fixture
async def network() -> AsyncIterator[CountingClient]:
    client = CountingClient()
    async with client.http:
        yield client


@pytest.fixture(scope="session")
def identity_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningIdentityServer]:
    state_dir: Path = tmp_path_factory.mktemp("identity")
    with identity_server_in_thread(state_dir) as server:
        yield server
