"""Redmine tells no deletions: they are found through all tiers, and archiving is none."""

from datetime import timedelta

from deploy.sandboxes.redmine.tests.fixtures import Redmine
from process_apis.doorbell import Stage
from process_apis.tests.system_stand_in import TRACKER
from tests.comparing.conftest import Tier

DAY = timedelta(days=1).total_seconds()


async def compare(tier: Tier) -> dict[str, str]:
    """Compare, and let everything follow; returns states by entry."""
    await tier.worker.work(Stage.COMPARE, TRACKER)
    await tier.settle()
    listed = (await tier.call("GET", "/v1/time-entries")).json()["entries"]
    return {each["external_id"]: each["state"] for each in listed}


async def test_a_deletion_in_redmine_is_found_and_an_archived_project_is_none(
    tier: Tier, redmine: Redmine
) -> None:
    kept, gone = redmine.log(), redmine.log("2026-11-19")
    archived = redmine.log(project_id=redmine.internal.id)
    redmine.set_state(gone, "approved")
    before = await compare(tier)
    assert before == {str(kept.id): "DRAFT", str(gone.id): "APPROVED", str(archived.id): "DRAFT"}

    del redmine.store.entries[gone.id]
    redmine.internal.archived = True
    after = await compare(tier)

    assert after == {**before, str(gone.id): "DELETED"}
    assert (await tier.status())["counters"][TRACKER]["unreadable"] == 1
    assert (await tier.status())["inbox_pending"] == 0

    redmine.internal.archived = False
    del redmine.store.entries[archived.id]
    tier.clock.move(2 * DAY)
    assert (await compare(tier))[str(archived.id)] == "DELETED"


async def test_an_approval_that_no_sweep_saw_is_found(tier: Tier, redmine: Redmine) -> None:
    entry = redmine.log("2025-01-10")  # older than what sweeps list
    await compare(tier)

    redmine.set_state(entry, "approved")

    assert await compare(tier) == {str(entry.id): "APPROVED"}
