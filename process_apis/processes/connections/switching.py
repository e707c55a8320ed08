"""Pauses, drains and resumes a connection, and writes down who did it and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.connections import gates, rules, store
from process_apis.processes.connections.rules import Gate
from process_apis.processes.connections.schemas import ConnectionView
from process_apis.processes.connections.states import Mode
from shared.identity import Principal

_WHAT: Mapping[Mode, str] = {
    Mode.RUNNING: "resumed",
    Mode.DRAINING: "draining",
    Mode.PAUSED: "paused",
}


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a connection."""

    mode: Mode
    reason: str
    caller: Principal


async def switch(
    transaction: AsyncConnection, name: str, wish: Wish, now: datetime
) -> ConnectionView:
    """Carry a wish out; one that is fulfilled already changes nothing.

    :raises NotFound: there is no such connection.
    """
    connection = await store.find(transaction, name)
    actor = f"user:{wish.caller.subject}"

    def step(gate: Gate) -> Gate:
        return rules.switched(gate, wish.mode, actor, wish.reason, now)

    before, after = await gates.change(transaction, name, now, step)
    if after.mode is not before.mode:
        detail = {"reason": wish.reason, "through": list(wish.caller.actors)}
        await gates.note(transaction, name, _WHAT[after.mode], now, actor, detail)
    return ConnectionView.of(connection, after)
