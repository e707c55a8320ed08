"""Tries a connection whose circuit is open: one worker, a few postings, and the others wait."""

from datetime import timedelta
from uuid import UUID, uuid4

from process_apis.processes.connections import gates, rules
from process_apis.processes.connections.rules import Gate
from process_apis.processes.connections.states import CallKind, Mode
from process_apis.processes.posting import breaker, correcting, doubt, sending
from process_apis.processes.posting.claiming import claim
from process_apis.processes.posting.health import Health, after_problem
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import Committed
from process_apis.processes.posting.sending import Sent
from shared.problems import TimepostProblem
from shared.stop_points import StopPoint, reached


async def probe(ledger: Ledger, erp: str) -> Committed | None:
    """Send a few postings if it is time to try; None unless the connection works now.

    Where nothing is to be sent, a look-up tells as well, or the reading of a line that is to be
    corrected. Whoever takes the probe and is killed keeps the others out for as long as its lease,
    no longer.
    """
    token = uuid4()
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        until = now + ledger.timing.lease_span
        if not await gates.take_probe(transaction, erp, token, until, now):
            return None
        gate = await gates.read(transaction, erp)
    reached(StopPoint.PROBE_TAKEN)
    try:
        sent = await _try(ledger, gate, token)
    except TimepostProblem as problem:
        health = Health(answered=False, failure=after_problem(problem))
        await breaker.note(ledger, erp, CallKind.SEND, token, 0, health)
        return None
    if not sent.health.answered and sent.health.failure is None:
        await _give_back(ledger, erp, token)
    return sent.committed if sent.health.answered else None


async def _try(ledger: Ledger, gate: Gate, token: UUID) -> Sent:
    """:raises TimepostProblem: not even the system tier answers for the connection."""
    abilities = await ledger.abilities(gate.connection)
    if gate.mode is Mode.RUNNING:
        batch = await claim(ledger, gate.connection, token, abilities, probe=rules.PROBE)
        if batch.leased:
            return await sending.deliver(ledger, gate.connection, batch, abilities.settle_seconds)
    found = await doubt.look_up_as_probe(ledger, gate.connection, token, rules.PROBE)
    if gate.mode is not Mode.RUNNING or found.health.answered or found.health.failure is not None:
        return found
    decided = await correcting.decide_as_probe(ledger, gate.connection, token, rules.PROBE)
    return Sent(Committed(judge=decided.judge), decided.health)


async def _give_back(ledger: Ledger, erp: str, token: UUID) -> None:
    """Nothing could be tried: nothing is due, or the worker was too slow to begin."""
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        later = now + timedelta(seconds=ledger.timing.outage_pause)
        await gates.change(
            transaction, erp, now, lambda gate: rules.after_nothing(gate, token, later)
        )
