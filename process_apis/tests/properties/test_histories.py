"""Random histories of entries, people, an ERP and workers: INV1 to INV5 and INV7 to INV11.

INV6 is about splits, which there are none of yet. CONTRIBUTING says how to run many histories.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from deploy.identity.in_thread import RunningIdentityServer
from deploy.local.postgres import PostgresServer
from deploy.local.pytest_plugin import fresh_database
from process_apis.tests.properties.bench import Bench, bench
from process_apis.tests.properties.histories import Histories

# How many, and then others in every run; unless asked for, the same few.
EXAMPLES = int(os.environ.get("TIMEPOST_HISTORIES", "0"))
FEW = 8
# No explaining: it would trace every line of the tier.
PHASES = (Phase.generate, Phase.shrink)


@pytest.fixture(scope="module")
def shared(
    postgres: PostgresServer, with_masters: str, identity: RunningIdentityServer
) -> Iterator[Bench]:
    with (
        fresh_database(postgres, template=with_masters) as url,
        bench(url, identity) as made,
    ):
        yield made


@pytest.mark.timeout(0)
def test_every_history_comes_to_rest_with_the_approved_hours(shared: Bench) -> None:
    class Here(Histories):
        def __init__(self) -> None:
            super().__init__(shared)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES or FEW,
            stateful_step_count=20,
            derandomize=not EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
        ),
    )
