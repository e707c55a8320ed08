"""Tries a version of a mapping on samples and on what was received. Changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database, as_dicts
from process_apis.processes.mapping import store
from process_apis.processes.mapping.rules import Rules
from process_apis.processes.mapping.schemas import (
    ChangedPosting,
    MappingTest,
    PeriodOutcome,
    Placed,
    Sample,
    SampleOutcome,
    Tested,
)
from process_apis.processes.mapping.targets import Mapped, Targets, Version, version_of
from process_apis.processes.master_data.code_drift.following import When
from process_apis.processes.master_data.code_drift.rules import Facts
from process_apis.processes.master_data.code_drift.successions import Place, Successions
from process_apis.processes.master_data.references import Desk, references_of

# Small enough that the API answers others in between.
_AT_ONCE = 500

# Those that stand, or may: of each entry at most one, but while it is corrected.
_RECEIVED = text(
    """
    SELECT posting.id, posting.state, posting.work_date, posting.minutes, posting.request,
           posting.billing_code, posting.activity, entry.external_id, version.content,
           posting.state NOT IN ('RECEIVED', 'READY', 'PARKED', 'BLOCKED', 'ON_HOLD',
                                 'DEAD_LETTER') AS sent
    FROM posting
    JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    JOIN time_entry_version AS version
      ON version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    WHERE posting.source_connection = :tracker AND posting.target_connection = :target
      AND posting.work_date BETWEEN :first_day AND :last_day AND posting.kind <> 'REVERSAL'
      AND posting.state NOT IN ('SUPERSEDED', 'REVERSED', 'WAIVED')
      AND (CAST(:after AS uuid) IS NULL OR posting.id > :after)
    ORDER BY posting.id LIMIT :limit
    """
)

_CODES = {"none": "MP_UNMAPPED", "several": "MP_AMBIGUOUS"}


async def test(database: Database, mapping_id: UUID, wanted: MappingTest, now: datetime) -> Tested:
    """
    :raises NotFound: there is no mapping with this id.
    """
    async with database.transaction() as transaction:
        found = await store.version(transaction, mapping_id)
        rules = (await store.rules(transaction, [mapping_id]))[mapping_id]
        version = version_of(found, Rules(rules))
        samples = await _on_samples(transaction, found["tracker"], version, wanted.samples)
    period = None
    if wanted.first_day is not None:
        trial = _Trial(found["tracker"], version, wanted)
        await trial.run(database, now)
        period = trial.outcome
    return Tested(samples=samples, period=period)


async def _on_samples(
    transaction: AsyncConnection, tracker: str, version: Version, samples: Sequence[Sample]
) -> list[SampleOutcome]:
    contents = [_content(each) for each in samples]
    asked = [(tracker, each) for each in contents]
    targets = await Targets.of(transaction, {tracker: [version]}, asked)
    mapped = [targets.mapped(tracker, version.target, each) for each in contents]
    return [_sample_outcome(each) for each in mapped if each is not None]


def _content(sample: Sample) -> dict[str, Any]:
    said = {"project": sample.project, "task": sample.task}
    return {
        **{name: {"name": value} if value else None for name, value in said.items()},
        "tags": sample.tags,
        "activity": sample.activity,
        "work_date": sample.work_date.isoformat(),
    }


def _sample_outcome(mapped: Mapped) -> SampleOutcome:
    return SampleOutcome(
        code=_CODES[mapped.trouble] if mapped.trouble else None,
        explanation=mapped.explanation,
        rows=list(mapped.rows),
        target_project=mapped.task["project_external_id"] if mapped.task else None,
        target_task=mapped.task["owner_external_id"] if mapped.task else None,
        billing_code=mapped.billing_code,
        activity=mapped.activity,
    )


@dataclass(frozen=True)
class _Places:
    """Where entries go that no rule gives a task."""

    desk: Desk
    successions: Successions
    today: date

    def unmapped(
        self, tracker: str, target: str, content: Mapping[str, Any]
    ) -> tuple[str, str | None] | None:
        """The ERP's ids of project and task; None while one of them is not certain."""
        day, said = date.fromisoformat(content["work_date"]), content.get("task")
        project = self._record(tracker, target, "project", content.get("project"), day)
        task = self._record(tracker, target, "task", said, day)
        if project is None:
            return None
        when = When.of(day, self.today, said)
        place = self.successions.place(project, task, said, when) or Place(
            "one", project, task=task
        )
        if place.project is None or (said and place.task is None):
            return None
        task_id = place.task["owner_external_id"] if place.task else None
        return place.project["owner_external_id"], task_id

    def _record(
        self, tracker: str, target: str, kind: str, said: Mapping[str, Any] | None, day: date
    ) -> Facts | None:
        if not said:
            return None
        bound = self.desk.bound(tracker, target, kind, said["external_id"], day)
        return bound.record if bound else None


class _Trial:
    """A version tried on the postings of a period, and what has come of it so far."""

    def __init__(self, tracker: str, version: Version, wanted: MappingTest) -> None:
        self._tracker, self._version, self._wanted = tracker, version, wanted
        self.outcome = PeriodOutcome(
            postings=0,
            would_change=0,
            waiting=0,
            sent=0,
            minutes=0,
            unmapped=0,
            ambiguous=0,
            lines=[],
        )

    async def run(self, database: Database, now: datetime) -> None:
        """All of them, in batches."""
        after = None
        while True:
            # Resolving binds what natural keys tell: that, too, is taken back.
            async with database.rehearsal() as transaction:
                rows = await self._next(transaction, after)
                await self._try(transaction, rows, now)
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1]["id"]

    async def _next(self, transaction: AsyncConnection, after: UUID | None) -> list[dict[str, Any]]:
        asked = {
            "tracker": self._tracker,
            "target": self._version.target,
            "first_day": self._wanted.first_day,
            "last_day": self._wanted.last_day,
            "after": after,
            "limit": _AT_ONCE,
        }
        return as_dicts(await transaction.execute(_RECEIVED, asked))

    async def _try(
        self, transaction: AsyncConnection, rows: Sequence[dict[str, Any]], now: datetime
    ) -> None:
        asked = [(self._tracker, row["content"]) for row in rows]
        targets = await Targets.of(transaction, {self._tracker: [self._version]}, asked)
        desk = await Desk.open(transaction, now)
        await desk.resolve([(tracker, references_of(content)) for tracker, content in asked])
        places = _Places(desk, await Successions.open(transaction), now.date())
        for row in rows:
            mapped = targets.mapped(self._tracker, self._version.target, row["content"])
            if mapped is not None:
                self._note(row, mapped, self._after(row["content"], mapped, places))

    def _after(self, content: Mapping[str, Any], mapped: Mapped, places: _Places) -> Placed | None:
        if mapped.trouble is not None:
            return None
        if mapped.task is not None:
            ids = mapped.task["project_external_id"], mapped.task["owner_external_id"]
        else:
            found = places.unmapped(self._tracker, self._version.target, content)
            if found is None:
                return None
            ids = found
        return Placed(
            project_id=ids[0],
            task_id=ids[1],
            billing_code=mapped.billing_code,
            activity=mapped.activity,
        )

    def _note(self, row: Mapping[str, Any], mapped: Mapped, after: Placed | None) -> None:
        outcome, before = self.outcome, _before(row)
        outcome.postings += 1
        outcome.unmapped += mapped.trouble == "none"
        outcome.ambiguous += mapped.trouble == "several"
        if before == after:
            return
        outcome.would_change += 1
        outcome.sent += row["sent"]
        outcome.waiting += not row["sent"]
        outcome.minutes += row["minutes"]
        if len(outcome.lines) < self._wanted.show:
            outcome.lines.append(
                ChangedPosting(
                    posting_id=row["id"],
                    entry_external_id=row["external_id"],
                    work_date=row["work_date"],
                    minutes=row["minutes"],
                    state=row["state"],
                    before=before,
                    after=after,
                    code=_CODES[mapped.trouble] if mapped.trouble else None,
                    row=mapped.columns["mapping_row"],
                    sent=row["sent"],
                )
            )


def _before(row: Mapping[str, Any]) -> Placed | None:
    request = row["request"]
    if request is None:
        return None
    return Placed(
        project_id=request["project_id"],
        task_id=request["task_id"],
        billing_code=row["billing_code"],
        activity=row["activity"],
    )
