"""What every decision leaves behind: who decided and why, what wakes, and the case."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data import changes
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.master_data.ownership import conflicts
from process_apis.processes.master_data.ownership.attributes import Attribute
from process_apis.processes.master_data.ownership.claims import Known
from process_apis.processes.master_data.steps import Librarian
from shared.identity import Principal
from shared.problems import Conflict


def who(caller: Principal, reason: str, now: datetime) -> dict[str, Any]:
    """Who decided, through which services, why and when, as statements take it."""
    through = json.dumps(caller.actors)
    return {"by": caller.subject, "through": through, "reason": reason, "now": now}


async def tell(
    transaction: AsyncConnection,
    librarian: Librarian,
    one: Known,
    attribute: Attribute,
    did: str,
    now: datetime,
) -> None:
    """Bring the case up to date, and wake what waits for the record."""
    await librarian.tell(transaction, await conflicts.alarm(transaction, one.connection, now))
    words = attribute.name.replace("_", " ")
    news = f"{one.kind} {one.name} has {words} {did} {changes.at(now)}"
    key = dependency_key(one.kind, one.connection, one.external_id)
    await librarian.wake(transaction, {key: news})


def over(what: str, why: str | None) -> Conflict:
    """The refusal of a decision on what waits for none."""
    return Conflict(
        f"The {what} waits for nobody any more: {why or 'its record vanished'}.",
        code=f"{what}_over",
    )
