"""While the database is away, callers are told to come back: nothing is accepted, nothing lost."""

from deploy.local.postgres import PostgresServer
from process_apis.tests import firm
from process_apis.tests.conftest import Tier


async def test_events_are_answered_503_while_the_database_is_away_and_202_afterwards(
    tier: Tier, postgres: PostgresServer
) -> None:
    firm.enter(tier.system, "e1")
    event = {
        "specversion": "1.0",
        "id": "x",
        "source": "/connections/clockify-main",
        "type": "timepost.time_entry.changed.v1",
        "subject": "e1",
        "data": {"change": "CHANGED", "entry": None},
    }

    postgres.kill()
    try:
        refused = await tier.call("POST", "/v1/events", json=[event])
    finally:
        postgres.start()
    taken = await tier.call("POST", "/v1/events", json=[event])

    assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
    assert int(refused.headers["Retry-After"]) > 0
    assert (taken.status_code, taken.json()["accepted"]) == (202, 1)
