"""Pytest fixtures that serve the real demo ERP.

`tryton_stock` and `tryton_with_reference` run once per session and are shared: a test finds its
own lines by its own keys and undoes what it changes. A test that kills or breaks its ERP takes a
private one from `start_tryton`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from deploy.tryton.build import Template, Variant, ensure_template
from deploy.tryton.server import TrytonServer

StartTryton = Callable[[Variant], TrytonServer]


@pytest.fixture(scope="session")
def tryton_template() -> Template:
    return ensure_template()


@pytest.fixture(scope="session")
def tryton_stock(
    tryton_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrytonServer]:
    """Tryton as it comes: `timesheet.line.uuid` is read-only."""
    state_dir = tmp_path_factory.mktemp("tryton-stock")
    with TrytonServer(state_dir, "stock", template=tryton_template) as server:
        yield server


@pytest.fixture(scope="session")
def tryton_with_reference(
    tryton_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrytonServer]:
    """Tryton with our module: a line's uuid can be chosen when it is created."""
    state_dir = tmp_path_factory.mktemp("tryton-with-reference")
    with TrytonServer(state_dir, "with_reference", template=tryton_template) as server:
        yield server


@pytest.fixture
def start_tryton(
    tryton_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartTryton]:
    """Start private servers that end with the test."""
    with contextlib.ExitStack() as servers:

        def start(variant: Variant) -> TrytonServer:
            state_dir = tmp_path_factory.mktemp("tryton-private")
            server = TrytonServer(state_dir, variant, template=tryton_template)
            return servers.enter_context(server)

        yield start
