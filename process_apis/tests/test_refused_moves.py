"""A move that the table of transitions does not have is refused, and leaves a trace."""

import pytest

from process_apis.processes.time_entries import recording
from process_apis.processes.time_entries.rules import Decision, Observation
from process_apis.processes.time_entries.steps import content_of
from process_apis.processes.time_entries.transitions import Actor
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import TRACKER
from process_apis.upstream.time_tracking import TimeEntry


@pytest.mark.parametrize("by", [Actor.APPROVER, Actor.CONSULTANT])
async def test_hours_that_nobody_submitted_are_not_approved(tier: Tier, by: Actor) -> None:
    """As a defect in a desk above would have it: its own checks come first."""
    firm.enter(tier.system, "e1")
    await tier.see("e1")
    content = content_of(TimeEntry.model_validate(tier.system.entries["e1"]))
    approved = Observation(
        "e1",
        tier.clock.now(),
        "timepost",
        content,
        Decision("APPROVED", "r1", firm.MIA, firm.DECIDED),
        by=by,
        actor="user:mia",
    )

    async with tier.runtime.database.transaction() as transaction:
        await recording.record(transaction, TRACKER, [approved, approved], tier.clock.now())
    await tier.settle()

    listed = (await tier.call("GET", "/v1/time-entries")).json()["entries"]
    assert [(each["state"], each["approved_version"]) for each in listed] == [("DRAFT", None)]
    assert (await tier.status())["counters"][TRACKER]["refused"] == 2
    refused = [each for each in await tier.lineage() if each["what"].startswith("refused")]
    assert [(each["what"], each["actor"]) for each in refused] == 2 * [
        (f"refused: DRAFT to APPROVED by {by}", "user:mia")
    ]
    assert tier.system.lines == []
