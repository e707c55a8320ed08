"""What stewards are told of repairs that do not go on by themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.alarms import Alarm
from process_apis.processes.repairing import store
from process_apis.processes.repairing.repairer import Repairer

# So often a system is asked before anybody is told that it cannot be.
_PATIENCE = 3

_WORDS = {
    "REFUSED": "{number} refused by it ({example}: {message})",
    "HELD": "{number} held, because they are suspiciously many at once ({example} is one)",
    "CONTESTED": "{number} changed back there again and again ({example} is one)",
    "STUCK": "{number} waiting ({message})",
}


async def tell_stewards(
    transaction: AsyncConnection, repairer: Repairer, connection: str, now: datetime
) -> None:
    """Bring the connection's case up to date."""
    rows = await store.standing(transaction, connection, _PATIENCE)
    said = "; ".join(_said(row) for row in rows)
    over = None if rows else "nothing waits for anybody any more"
    await repairer.tell(transaction, Alarm("MD_REPAIR_STUCK", connection, now, said, over))


def _said(row: Mapping[str, Any]) -> str:
    example = f"{row['attribute'].replace('_', ' ')} of {row['name']}"
    message = (row["message"] or "no reason was given").rstrip(".")
    return _WORDS[row["standing"]].format(number=row["number"], example=example, message=message)
