"""A few scenarios of `make chaos`, always the same ones, in every run of the tests."""

from pathlib import Path

import pytest

from deploy.local.pytest_plugin import session_directory
from deploy.tryton.build import Template
from shared.stop_points import StopPoint
from tests.chaos.ground import running_ground
from tests.chaos.scenario import Scenario, Stage

# A dozen starts of processes take their time where others work, too.
pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

# In each tier, and on both sides of the calls that cannot be taken back.
SCENARIOS = [
    Scenario(1, actions=12, stop=(StopPoint.INBOX_COMMITTED, 3), faults=2, deaths=1),
    Scenario(2, actions=12, stop=(StopPoint.ERP_REPLIED, 2), faults=3, deaths=0),
    Scenario(3, actions=12, stop=(StopPoint.REVERSAL_POSTED, 1), faults=2, deaths=1),
]


async def test_what_was_approved_stands_once_whatever_broke(tryton_template: Template) -> None:
    del tryton_template  # built before any patience runs out
    with session_directory() as directory, running_ground(Path(directory), "stock") as ground:
        stage = Stage(ground)
        await stage.aftermath.read_masters()
        for scenario in SCENARIOS:
            played = await stage.play(scenario)
            told = "\n".join([f"{scenario}: {played.verdict}", *played.happened, *played.wrong])
            assert played.verdict.is_clean, told
            assert played.reached, told
        await stage.aftermath.operator.__aexit__(None, None, None)
