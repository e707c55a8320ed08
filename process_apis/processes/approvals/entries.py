"""Entries with what approvals have to know: whose they are, and whose project it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.approvals.rules import address
from process_apis.processes.master_data.references import Desk, Reference
from process_apis.processes.master_data.tables import MasterKind
from process_apis.processes.time_entries.rules import Decision, Observation
from process_apis.processes.time_entries.states import EntryState
from process_apis.processes.time_entries.transitions import Actor

_LOAD = text(
    """
    SELECT entry.id, entry.external_id, entry.state, entry.version, entry.work_date,
           entry.minutes, entry.worker_external_id, entry.approval_id, entry.observed_at,
           entry.carrier, version.content
    FROM time_entry AS entry
    JOIN time_entry_version AS version
      ON version.time_entry_id = entry.id AND version.version = entry.version
    WHERE entry.connection = :connection AND entry.external_id = ANY(:ids)
    ORDER BY entry.work_date, entry.external_id
    """
)

# A worker is found by the tracker's own address, or by that of the ERP's worker it is bound to.
_OF_PERIOD = text(
    """
    SELECT entry.external_id FROM time_entry AS entry
    JOIN time_entry_version AS version
      ON version.time_entry_id = entry.id AND version.version = entry.version
    WHERE entry.connection = :connection AND entry.state <> 'DELETED'
      AND entry.work_date BETWEEN :first AND :last
      AND (entry.worker_external_id = :worker
           OR (CAST(:worker AS text) IS NULL AND (
               lower(version.content -> 'worker' ->> 'email') = :email
               OR entry.worker_external_id IN (
                   SELECT binding.external_id FROM binding
                   JOIN worker ON worker.id = binding.canonical_id
                   WHERE binding.connection = :connection AND binding.kind = 'worker'
                     AND binding.archived_at IS NULL AND worker.email_key = :email))))
    """
)

_COMPANIES = text("SELECT owner_connection, owner_external_id, code FROM legal_entity")


@dataclass(frozen=True)
class Entry:
    """An entry as it stands.

    :param worker_emails: addresses of the worker, the tracker's and the ERP's.
    :param legal_entity: code of the worker's company; None if the ERP does not know the worker.
    :param projects: codes and names of the project, the tracker's first.
    :param content: all of it, the narrative too; never logged.
    """

    id: UUID
    external_id: str
    state: EntryState
    version: int
    work_date: date
    minutes: int
    worker_external_id: str
    worker_name: str
    worker_emails: frozenset[str]
    legal_entity: str | None
    projects: tuple[str, ...]
    approval_id: str | None
    observed_at: datetime
    carrier: Mapping[str, str]
    content: Mapping[str, Any]

    def observed(
        self,
        decision: Decision,
        by: Actor,
        actor: str,
        facts: Mapping[str, Any],
        carrier: Mapping[str, str],
    ) -> Observation:
        """What a decision says about this version.

        It keeps the instant of the last read: nobody looked at the tracker, so a change there
        that was read before the decision and is recorded after it still counts.
        """
        return Observation(
            external_id=self.external_id,
            observed_at=self.observed_at,
            origin="timepost",
            content=dict(self.content),
            decision=decision,
            carrier=carrier or self.carrier,
            by=by,
            actor=actor,
            facts=facts,
        )


async def of_period(
    transaction: AsyncConnection,
    connection: str,
    span: tuple[date, date],
    worker: str | None,
    email: str | None,
) -> list[str]:
    """External ids of a worker's entries; the worker by the tracker's id, or else by address."""
    rows = await transaction.execute(
        _OF_PERIOD,
        {
            "connection": connection,
            "first": span[0],
            "last": span[1],
            "worker": worker,
            "email": email,
        },
    )
    return [row.external_id for row in rows]


async def load(
    transaction: AsyncConnection, connection: str, ids: Collection[str], now: datetime
) -> list[Entry]:
    """Entries by external id, their references resolved as for posting."""
    asked = {"connection": connection, "ids": sorted(set(ids))}
    rows = (await transaction.execute(_LOAD, asked)).mappings().all()
    if not rows:
        return []
    desk = await Desk.open(transaction, now)
    await desk.resolve([(connection, _references(row["content"])) for row in rows])
    companies = {
        (row.owner_connection, row.owner_external_id): row.code
        for row in await transaction.execute(_COMPANIES)
    }
    return [_entry(row, connection, desk, companies) for row in rows]


def _references(content: Mapping[str, Any]) -> list[Reference]:
    return [
        Reference.of(kind, content[kind], None) for kind in ("worker", "project") if content[kind]
    ]


def _entry(
    row: RowMapping, connection: str, desk: Desk, companies: Mapping[tuple[str, str], str]
) -> Entry:
    content = row["content"]
    said = content["worker"]
    target = desk.target_of(connection, row["worker_external_id"]) or ""
    worker = desk.bound(connection, target, MasterKind.WORKER, said["external_id"])
    record = worker.record if worker else {}
    company = (target, str(record.get("legal_entity_external_id")))
    emails = {address(said.get("email")), address(record.get("email"))} - {None}
    facts = dict(row)
    facts["state"] = EntryState(row["state"])
    return Entry(
        **facts,
        worker_name=record.get("name") or said.get("name") or said["external_id"],
        worker_emails=frozenset(filter(None, emails)),
        legal_entity=companies.get(company),
        projects=_projects(content.get("project"), connection, target, desk),
    )


def _projects(
    said: Mapping[str, Any] | None, connection: str, target: str, desk: Desk
) -> tuple[str, ...]:
    if not said:
        return ()
    bound = desk.bound(connection, target, MasterKind.PROJECT, said["external_id"])
    found = [said.get("code"), bound.record.get("code") if bound else None, said.get("name")]
    return tuple(dict.fromkeys(each for each in found if each))


def emails_of(entries: Sequence[Entry]) -> frozenset[str]:
    """Every address of the workers of these entries."""
    return frozenset().union(*(each.worker_emails for each in entries))
