"""Tells what is unbound, and binds what a steward accepts."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.connections import store as connections
from process_apis.processes.master_data import changes, rebinding
from process_apis.processes.master_data import reading as masters
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.master_data.rebinding import Correction
from process_apis.processes.master_data.schemas import BindableKind
from process_apis.processes.master_data.steps import Librarian
from process_apis.processes.master_data.stewards import require_steward
from process_apis.processes.master_data.tables import MasterKind
from process_apis.processes.unbound import reading
from process_apis.processes.unbound.rules import single_best
from process_apis.processes.unbound.schemas import (
    Acceptance,
    Accepted,
    Chosen,
    SuggestionView,
    UnboundReport,
    UnboundView,
)
from shared.identity import Principal

_ALL = 1000


async def report(
    database: Database, connection: str | None, kind: BindableKind | None, limit: int
) -> UnboundReport:
    """What waiting entries refer to and nothing is bound to."""
    async with database.transaction() as transaction:
        found = await reading.unbound(transaction, connection=connection, kind=kind, limit=limit)
    views = [
        UnboundView(
            **{name: value for name, value in row.items() if name != "within"},
            suggestions=[
                SuggestionView(
                    canonical_id=each.known.id,
                    external_id=each.known.external_id,
                    name=each.known.name,
                    code=each.known.code,
                    score=each.score,
                    reason=each.reason,
                )
                for each in suggestions
            ],
        )
        for row, suggestions in found
    ]
    return UnboundReport(unbound=views)


async def accept(
    librarian: Librarian, doorbell: Doorbell, wanted: Acceptance, caller: Principal
) -> Accepted:
    """Bind them, all or none; what waits for them is judged again.

    :raises NotFound: a connection or a record does not exist.
    :raises Forbidden: the caller is no steward.
    """
    require_steward(caller)
    async with librarian.database.transaction() as transaction:
        chosen = wanted.chosen or await _best(transaction, wanted)
        await _bind(transaction, librarian, chosen, caller)
    if chosen:
        doorbell.ring(Stage.VALIDATE)
    return Accepted(bound=list(chosen))


async def _best(transaction: AsyncConnection, wanted: Acceptance) -> list[Chosen]:
    found = await reading.unbound(transaction, connection=wanted.connection, kind=None, limit=_ALL)
    return [
        Chosen(
            connection=row["connection"],
            kind=row["kind"],
            external_id=row["external_id"],
            canonical_id=best.known.id,
        )
        for row, suggestions in found
        if (best := single_best(suggestions, wanted.at_least or 1.0)) is not None
    ]


async def _bind(
    transaction: AsyncConnection,
    librarian: Librarian,
    chosen: Sequence[Chosen],
    caller: Principal,
) -> None:
    now, news = librarian.clock.now(), {}
    for each in chosen:
        kind = MasterKind(each.kind)
        await connections.require(transaction, each.connection, "time_tracking")
        await masters.require_master(transaction, kind, each.canonical_id)
        await rebinding.correct(
            transaction,
            Correction(
                connection=each.connection,
                kind=kind,
                external_id=each.external_id,
                canonical_id=each.canonical_id,
                valid_from=None,
                valid_to=None,
                actor=f"user:{caller.subject}",
            ),
            now,
        )
        key = dependency_key(f"binding-{kind}", each.connection, each.external_id)
        news[key] = (
            f"{kind} {each.external_id} of {each.connection} was bound by {caller.subject} "
            f"{changes.at(now)}"
        )
    await librarian.wake(transaction, news)
