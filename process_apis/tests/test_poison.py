"""One entry that nothing can be done with stops no other, at no stage."""

import psycopg

from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier

NAMES = [f"e{number}" for number in range(9)]


def enter(tier: Tier) -> None:
    for number, name in enumerate(NAMES):
        firm.enter(tier.system, name, work_date=f"2026-06-{number + 1:02}", minutes=60)


def spoil(settings: ProcessSettings, name: str) -> None:
    """As an older release, or a hand in the database, may have left it."""
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        connection.execute(
            "UPDATE time_entry_version SET content = content - 'worker' WHERE time_entry_id ="
            " (SELECT id FROM time_entry WHERE external_id = %s)",
            [name],
        )


async def test_validating(tier: Tier, settings: ProcessSettings) -> None:
    enter(tier)
    firm.decide(tier.system, "a1", NAMES)
    await tier.hint("a1", kind="approval")
    await tier.take_in_approvals_only()
    spoil(settings, "e4")

    await tier.settle()

    assert len(tier.system.lines) == 8
    case = await tier.case()
    assert (case["code"], case["entry_external_id"]) == ("IO_SCHEMA", "e4")
    assert case["posting_id"] in case["sentence"]
    (blocked,) = await tier.postings(state="BLOCKED")
    assert blocked["id"] == case["posting_id"]

    firm.enter(tier.system, "e4", work_date="2026-06-05", minutes=75)
    await tier.approve("e4", approval="a2")
    assert len(tier.system.lines) == 9, "read anew, it is posted like any other"
    assert await tier.cases() == []
