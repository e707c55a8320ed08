"""Commits what was observed of entries: versions, states, lineage, counters, in set-based SQL.

Observations are applied one after the other to heads in memory, and what came of them is written in
one statement for each table. It happens within the caller's transaction.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.intake import store as inbox
from process_apis.processes.intake.store import Arrival
from process_apis.processes.intake.tables import EventKind
from process_apis.processes.lineage import store as lineage
from process_apis.processes.time_entries import rules, store
from process_apis.processes.time_entries.rules import Head, Observation, Outcome

# Which of some entries the tracker was told about a short while ago: it may have told it back.
Told = Callable[[AsyncConnection, Collection[UUID], datetime], Awaitable[set[UUID]]]
_ECHOING = ("webhook", "sweep", "comparison")


async def record(
    transaction: AsyncConnection,
    connection: str,
    seen: Sequence[Observation],
    now: datetime,
    told: Told | None = None,
) -> None:
    """Apply observations to the heads, and write what came of them.

    :param told: to count what is only an echo of our own feedback apart.
    """
    heads = await store.lock_heads(transaction, connection, (each.external_id for each in seen))
    batch = _Batch(connection, now, heads)
    for observation in seen:
        batch.apply(observation)
    if told is not None and batch.unchanged:
        echoing = await told(transaction, set(batch.unchanged), now)
        echoes = sum(each in echoing for each in batch.unchanged)
        batch.counts.update({"echo": echoes, "unchanged": -echoes})
    await store.write(transaction, connection, batch.changes, now)
    await store.note_missing(transaction, connection, batch.gaps, now)
    await store.forget_missing(transaction, batch.late)
    await lineage.record(transaction, batch.steps)
    for reason, total in sorted(batch.counts.items()):
        await inbox.count(transaction, connection, reason, total)
    await inbox.commit_arrivals(transaction, list(batch.questions.values()), now)


@dataclass
class _Batch:
    """What comes of a batch of observations.

    :param counts: observations that changed nothing, by reason.
    :param unchanged: entries that were shown as they are known, once for each time.
    :param gaps: versions that were pushed and have not arrived, and cannot be asked for.
    :param late: entries and numbers of what arrived after something newer.
    :param questions: hints to what has to be read again, by kind and subject.
    :param due: entries that the sub-ledger has to look at.
    """

    connection: str
    now: datetime
    heads: dict[str, store.StoredHead]
    changes: list[store.HeadChange] = field(default_factory=list)
    steps: list[lineage.Step] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unchanged: list[UUID] = field(default_factory=list)
    gaps: list[store.Gap] = field(default_factory=list)
    late: list[tuple[UUID, int]] = field(default_factory=list)
    questions: dict[tuple[EventKind, str], Arrival] = field(default_factory=dict)
    due: set[str] = field(default_factory=set)

    def apply(self, seen: Observation) -> None:
        stored = self.heads.get(seen.external_id)
        before = stored.head if stored else None
        outcome = rules.apply(before, seen)
        if outcome.effect != "changed":
            self.counts[outcome.effect] += 1
        if outcome.effect == "unchanged" and stored and seen.origin in _ECHOING:
            self.unchanged.append(stored.id)
        if outcome.ask_approval:
            self._ask(EventKind.APPROVAL, outcome.ask_approval, seen.carrier)
        if outcome.ask_entry:
            self._ask(EventKind.ENTRY, seen.external_id, seen.carrier)
        if outcome.effect == "stale" and stored and seen.revision:
            self.late.append((stored.id, seen.revision))
        if outcome.head is None:
            return
        entry_id = stored.id if stored else uuid4()
        if outcome.passed_over:
            self._pass_over(entry_id, seen, *outcome.passed_over)
        if outcome.head != before:
            self._change(entry_id, seen, before, outcome, outcome.head)
        self.steps += [self._step(entry_id, what, seen, outcome.head) for what in outcome.steps]

    def _change(
        self, entry_id: UUID, seen: Observation, before: Head | None, outcome: Outcome, after: Head
    ) -> None:
        name = seen.external_id
        self.heads[name] = store.StoredHead(entry_id, name, after)
        if rules.needs_posting(before, after):
            self.due.add(name)
        self.changes.append(
            store.HeadChange(
                id=entry_id,
                external_id=name,
                head=after,
                content=outcome.new_version,
                origin=seen.origin,
                carrier=seen.carrier,
                posting_due=name in self.due,
            )
        )

    def _pass_over(self, entry_id: UUID, seen: Observation, first: int, last: int) -> None:
        """Read a tracker again that has told of versions we never saw. One that cannot be read is
        not asked: what it pushed is whole, so that only its losing deliveries is a matter."""
        self.counts["gap"] += 1
        if seen.pushed and seen.final:
            self.gaps.append(store.Gap(entry_id, first, last))
        elif seen.pushed:
            self._ask(EventKind.ENTRY, seen.external_id, seen.carrier)

    def _step(self, entry_id: UUID, what: str, seen: Observation, head: Head) -> lineage.Step:
        return lineage.Step(
            entry_id,
            what,
            self.now,
            actor=seen.actor or f"tracker:{self.connection}",
            detail={"version": head.version, "origin": seen.origin, **seen.facts},
            trace_id=lineage.trace_id_of(seen.carrier),
        )

    def _ask(self, kind: EventKind, subject: str, carrier: Mapping[str, str]) -> None:
        """Have something read again, for what it says now."""
        self.questions[kind, subject] = Arrival(
            connection=self.connection,
            kind=kind,
            subject=subject,
            content_key=f"follow-up:{subject}",
            origin="follow-up",
            carrier=dict(carrier),
        )
