"""The desk where a batch of entries has its references resolved, with few queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.processes.connections import store as connections
from process_apis.processes.master_data import bindings
from process_apis.processes.master_data.bindings import Bound, Unbound
from process_apis.processes.master_data.employees import employments
from process_apis.processes.master_data.employment import Employment
from process_apis.processes.master_data.ownership import decisions
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.rules import Matched, Named
from process_apis.processes.master_data.tables import AccountingPeriod, MasterKind
from process_apis.upstream.connections import Capability, Connection


@dataclass(frozen=True)
class Reference:
    """What an entry refers to, in the tracker's words."""

    kind: MasterKind
    external_id: str
    keys: Named
    within: str | None = None

    @classmethod
    def of(cls, kind: str, said: Mapping[str, Any], within: str | None) -> Self:
        """From the contract's reference; ``within`` is the tracker's id of a task's project."""
        keys = Named(code=said.get("code"), name=said.get("name"), email=said.get("email"))
        return cls(MasterKind(kind), said["external_id"], keys, within)


def references_of(content: Mapping[str, Any]) -> list[Reference]:
    """What an entry refers to, to be resolved in bulk."""
    found = []
    for kind in ("worker", "project", "task"):
        said = content.get(kind)
        if said:
            project = content.get("project")
            within = project["external_id"] if kind == "task" and project else None
            found.append(Reference.of(kind, said, within))
    return found


@dataclass(frozen=True)
class PeriodRow:
    """A period of a legal entity's ledger."""

    start_date: date
    end_date: date
    status: str


class Desk:
    """Resolves for one batch, within the batch's transaction."""

    def __init__(
        self,
        transaction: AsyncConnection,
        now: datetime,
        routes: Mapping[str, tuple[str, ...]],
        ownership: Ownership | None,
    ) -> None:
        self._transaction = transaction
        self._now = now
        self._routes = routes
        self._bound: dict[tuple[str, str, MasterKind], dict[str, list[Bound]]] = {}
        self._matched: dict[tuple[str, str, MasterKind], dict[str, Matched]] = {}
        self._periods: dict[tuple[str, str], list[PeriodRow]] = {}
        self._ownership = ownership
        self._employments: dict[Any, Employment] = {}

    @classmethod
    async def open(
        cls, transaction: AsyncConnection, now: datetime, ownership: Ownership | None = None
    ) -> Self:
        """With the routes from trackers to ERPs: those that serve a common legal entity.

        :param ownership: who says whether workers are employed; None if nobody wants to know.
        """
        known = await connections.known(transaction)
        routes = _serving_the_same(known, "time_tracking", "erp")
        if not any(each.capability == "hcm" for each in known) and not (
            await decisions.anything_pinned(transaction, now)
        ):
            ownership = None
        return cls(transaction, now, routes, ownership)

    async def resolve(self, asked: Sequence[tuple[str, Sequence[Reference]]]) -> None:
        """Look up all references of a batch, and bind those whose natural keys tell."""
        by_tracker: dict[str, list[Reference]] = {}
        for tracker, references in asked:
            by_tracker.setdefault(tracker, []).extend(references)
        for tracker, said in sorted(by_tracker.items()):
            # A task that some entry names without its project is known by the others that do.
            references = sorted(said, key=lambda each: each.within is not None)
            for erp in self._routes.get(tracker, ()):
                for kind in (MasterKind.WORKER, MasterKind.PROJECT, MasterKind.TASK):
                    wanted = {each.external_id: each for each in references if each.kind is kind}
                    await self._resolve_kind(tracker, erp, kind, wanted)
        for erp in sorted({erp for tracker in by_tracker for erp in self._routes.get(tracker, ())}):
            await self.read_periods(erp)
        if self._ownership is not None:
            await self._read_employments(self._ownership)

    def target_of(self, tracker: str, worker: str) -> str | None:
        """The ERP that takes this worker's entries; with several, the one that knows them."""
        erps = self._routes.get(tracker, ())
        if len(erps) == 1:
            return erps[0]
        for erp in erps:
            if self.bound(tracker, erp, MasterKind.WORKER, worker):
                return erp
        return erps[0] if erps else None

    def bound(
        self, tracker: str, erp: str, kind: str, external_id: str, day: date | None = None
    ) -> Bound | None:
        """The binding of an external id that holds on a day of work; without one, the latest."""
        found = self._bound.get((tracker, erp, MasterKind(kind)), {}).get(external_id, ())
        holding = [each for each in found if day is None or each.holds_on(day)]
        return holding[-1] if holding else None

    def matched(self, tracker: str, erp: str, kind: str, external_id: str) -> Matched:
        """What natural keys told about an id that is not bound."""
        return self._matched.get((tracker, erp, MasterKind(kind)), {}).get(external_id, "none")

    def employment(self, worker: Any) -> Employment | None:
        """What counts of a worker's employment, by the canonical record's id."""
        return self._employments.get(worker)

    def periods(self, erp: str, legal_entity: str | None) -> list[PeriodRow]:
        """Periods of a legal entity, by its id at the ERP."""
        return self._periods.get((erp, legal_entity or ""), [])

    async def _resolve_kind(
        self, tracker: str, erp: str, kind: MasterKind, wanted: Mapping[str, Reference]
    ) -> None:
        place = (tracker, erp, kind)
        known = await bindings.resolve(self._transaction, tracker, erp, kind, wanted)
        unbound = [
            Unbound(kind, each.external_id, each.keys, self._project_at(tracker, erp, each))
            for each in wanted.values()
            if each.external_id not in known
        ]
        if kind is MasterKind.TASK:
            unbound = [each for each in unbound if each.within is not None]
        if unbound:
            self._matched[place] = await bindings.bind_by_natural_keys(
                self._transaction, tracker, erp, unbound, self._now
            )
            if "one" in self._matched[place].values():
                known = await bindings.resolve(self._transaction, tracker, erp, kind, wanted)
        self._bound[place] = known

    async def _read_employments(self, ownership: Ownership) -> None:
        """Of all workers of the batch at once."""
        workers = {
            bound.record["id"]
            for (_, _, kind), found in self._bound.items()
            if kind is MasterKind.WORKER
            for several in found.values()
            for bound in several
        }
        self._employments = await employments(self._transaction, ownership, workers, self._now)

    def _project_at(self, tracker: str, erp: str, reference: Reference) -> str | None:
        if reference.within is None:
            return None
        project = self.bound(tracker, erp, MasterKind.PROJECT, reference.within)
        return project.target_id if project else None

    async def read_periods(self, erp: str) -> None:
        """Read the calendars of an ERP's legal entities."""
        rows = await self._transaction.execute(
            select(
                col(AccountingPeriod.legal_entity_external_id),
                col(AccountingPeriod.start_date),
                col(AccountingPeriod.end_date),
                col(AccountingPeriod.status),
            )
            .where(
                col(AccountingPeriod.owner_connection) == erp,
                col(AccountingPeriod.vanished_at).is_(None),
            )
            .order_by(col(AccountingPeriod.start_date))
        )
        for row in rows:
            place = (erp, row.legal_entity_external_id)
            self._periods.setdefault(place, []).append(
                PeriodRow(row.start_date, row.end_date, row.status)
            )


def _serving_the_same(
    known: Sequence[Connection], some: Capability, others: Capability
) -> dict[str, tuple[str, ...]]:
    """For each connection of one capability those of another that serve a common legal entity."""
    return {
        each.name: tuple(
            other.name
            for other in known
            if other.capability == others and set(other.legal_entities) & set(each.legal_entities)
        )
        for each in known
        if each.capability == some
    }
