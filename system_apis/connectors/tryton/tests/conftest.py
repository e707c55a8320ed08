"""Fixtures of the connector's tests: each test that takes `erp` runs on both variants."""

from collections.abc import AsyncIterator

import pytest

from deploy.tryton.server import TrytonServer
from system_apis.connectors.tryton.port import TrytonErp
from system_apis.connectors.tryton.tests.real_tryton import opened


@pytest.fixture(params=["stock", "with_reference"])
def server(request: pytest.FixtureRequest) -> TrytonServer:
    found: TrytonServer = request.getfixturevalue(f"tryton_{request.param}")
    return found


@pytest.fixture
async def erp(server: TrytonServer) -> AsyncIterator[TrytonErp]:
    async with opened(server) as port:
        yield port
