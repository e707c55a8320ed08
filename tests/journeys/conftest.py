"""The product, started once for each kind of ERP, and people who use it.

A journey that does not depend on the kind of ERP runs on the stock one alone, which is the harder:
there our key stands in a line's text, without an index that keeps it unique.
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.pytest_plugin import session_directory
from deploy.tryton.build import Template
from tests.journeys.people import Office
from tests.journeys.product import Product, running_product


@pytest.fixture(scope="session")
def product(request: pytest.FixtureRequest, tryton_template: Template) -> Iterator[Product]:
    """Everything as real processes; the ERP is what the test's mark says."""
    del tryton_template  # built before any patience runs out
    with session_directory() as directory, running_product(directory, request.param) as running:
        yield running


@pytest.fixture
async def office(product: Product) -> AsyncIterator[Office]:
    """The firm's people, with every fault of an earlier journey gone."""
    async with Office(product) as people:
        yield people
        product.proxy.calm()
        product.own.calm()
        await people.tracker.disturb_webhooks()
