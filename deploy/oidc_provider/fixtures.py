"""The provider as a pytest fixture; import it into a ``conftest.py``."""

from collections.abc import Iterator

import pytest

from deploy.oidc_provider.process import RunningProvider, running_provider


@pytest.fixture(scope="session")
def oidc_provider() -> Iterator[RunningProvider]:
    """One provider for all tests of a session; a test that kills one starts its own."""
    with running_provider() as provider:
        yield provider
