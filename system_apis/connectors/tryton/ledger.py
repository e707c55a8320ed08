"""Reads what stands in Tryton: timesheet lines, the works they stand on, closed periods."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from system_apis.capabilities.erp.schemas import LookupItem, PostedLine
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.mapping import (
    ANY_MARKER,
    Domain,
    exact_marker,
    posted_line,
    posting_key_of,
    tryton_id,
    work_id_of,
)
from system_apis.connectors.tryton.platform_models import (
    EMPLOYEE_FIELDS,
    INVOICE_FIELDS,
    LINE_FIELDS,
    PERIOD_FIELDS,
    WORK_FIELDS,
    TrytonEmployee,
    TrytonFieldDefinition,
    TrytonInvoiceLine,
    TrytonLine,
    TrytonPeriod,
    TrytonWork,
)
from system_apis.connectors.tryton.refusals import TrytonRefusal
from system_apis.connectors.tryton.settings import TrytonSettings
from system_apis.connectors.tryton.work_tree import WorkTree

_KEYS_PER_SEARCH = 50


@dataclass(frozen=True)
class LineFeatures:
    """What this Tryton's timesheet lines can do; depends on the modules that are activated."""

    uuid_is_writable: bool
    knows_invoices: bool
    knows_costs: bool = False


class TrytonLedger:
    """One database's lines and what surrounds them, read fresh each time."""

    def __init__(self, client: TrytonClient, settings: TrytonSettings) -> None:
        self._client = client
        self._settings = settings
        self._features: LineFeatures | None = None
        self._sees_invoices: bool | None = None
        self._sees_costs: bool | None = None

    async def features(self, deadline: datetime | None = None) -> LineFeatures:
        """Asked once, and again after `forget_features`."""
        if self._features is None:
            fields = await self._client.read(
                "model.timesheet.line.fields_get",
                ["uuid", "invoice_line", "cost_price"],
                deadline=deadline,
            )
            uuid = TrytonFieldDefinition.model_validate(fields.get("uuid", {"readonly": True}))
            writable = self._settings.idempotency != "marker" and (
                self._settings.idempotency == "uuid" or not uuid.readonly
            )
            self._features = LineFeatures(
                writable, "invoice_line" in fields, "cost_price" in fields
            )
        return self._features

    def forget_features(self) -> None:
        """The modules of this Tryton have changed."""
        self._features = self._sees_invoices = self._sees_costs = None

    async def by_ids(
        self,
        ids: Sequence[int],
        deadline: datetime | None = None,
        known: WorkTree | None = None,
    ) -> dict[int, PostedLine]:
        """The lines that still exist, by id.

        :param known: works that were read a moment ago, and need not be read again.
        """
        found = await self._raw_lines(["id", "in", list(ids)], deadline)
        return {line.id: each for line, each in await self._in_our_words(found, deadline, known)}

    async def with_invoices(self, ids: Sequence[int]) -> dict[int, PostedLine]:
        """The lines that still exist, by id, with the state of the invoice that holds them.

        A user who may not read invoices is told no more than that there is one.
        """
        domain: Domain = ["id", "in", list(ids)]
        more = INVOICE_FIELDS if await self._may_read_invoices() else []
        found = await self._raw_lines(domain, None, more)
        return {line.id: each for line, each in await self._in_our_words(found, None)}

    async def _may_read_invoices(self) -> bool:
        if not (await self.features()).knows_invoices:
            return False
        if self._sees_invoices is None:
            nobody = [["id", "=", 0]]
            try:
                await self._client.search_read(
                    TrytonInvoiceLine, "account.invoice.line", nobody, ["invoice.state"]
                )
            except TrytonRefusal:
                self._sees_invoices = False
            else:
                self._sees_invoices = True
        return self._sees_invoices

    async def _may_read_costs(self) -> bool:
        """What people earn is for few users to see; most integrations need not."""
        if self._sees_costs is None:
            nobody = [["id", "=", 0]]
            try:
                await self._client.search_read(TrytonLine, "timesheet.line", nobody, ["cost_price"])
            except TrytonRefusal:
                self._sees_costs = False
            else:
                self._sees_costs = True
        return self._sees_costs

    async def by_keys(
        self,
        items: Sequence[LookupItem],
        *,
        thorough: bool,
        deadline: datetime | None = None,
    ) -> list[PostedLine]:
        """Lines that carry the keys, as uuid or as marker in the description.

        Markers have no index. They are looked for among the person's lines of that day first;
        ``thorough`` then searches every line for keys that were not found, because somebody may
        have changed a line's date or person in Tryton. That takes seconds in a large database.
        """
        wanted = {item.posting_key for item in items}
        found = {line.id: line for line in await self._raw_lines(_likely_places(items), deadline)}
        if thorough:
            missing = sorted(wanted - {posting_key_of(line) for line in found.values()})
            for start in range(0, len(missing), _KEYS_PER_SEARCH):
                keys = missing[start : start + _KEYS_PER_SEARCH]
                domain = ["OR", *(["description", "like", exact_marker(key)] for key in keys)]
                found |= {line.id: line for line in await self._raw_lines(domain, deadline)}
        ours = [line for line in found.values() if posting_key_of(line) in wanted]
        return [each for _, each in await self._in_our_words(ours, deadline)]

    async def works(self, ids: Iterable[int], deadline: datetime | None = None) -> WorkTree:
        """The works with all their ancestors; ids that do not exist are left out."""
        tree = WorkTree(self._settings.closed_statuses)
        wanted = set(ids)
        while wanted:
            domain = [["id", "in", sorted(wanted)]]
            found = await self._client.search_read(
                TrytonWork, "project.work", domain, WORK_FIELDS, deadline=deadline
            )
            tree.add(found)
            wanted = tree.missing_parents() if found else set()
        return tree

    async def employees(
        self, ids: Iterable[int], deadline: datetime | None = None
    ) -> dict[int, TrytonEmployee]:
        """Employees by id; ids that do not exist are left out."""
        found = await self._client.search_read(
            TrytonEmployee,
            "company.employee",
            [["id", "in", sorted(ids)]],
            EMPLOYEE_FIELDS,
            deadline=deadline,
        )
        return {employee.id: employee for employee in found}

    async def closed_periods(
        self, dates: Iterable[date], deadline: datetime | None = None
    ) -> tuple[TrytonPeriod, ...]:
        """Closed and locked periods that hold one of the dates; none if they are not checked."""
        days = sorted(set(dates))
        if not days or not self._settings.check_periods:
            return ()
        domain = [
            ["type", "=", "standard"],
            ["state", "!=", "open"],
            ["start_date", "<=", days[-1]],
            ["end_date", ">=", days[0]],
        ]
        return tuple(
            await self._client.search_read(
                TrytonPeriod, "account.period", domain, PERIOD_FIELDS, deadline=deadline
            )
        )

    async def _raw_lines(
        self, domain: Domain, deadline: datetime | None, more: Iterable[str] = ()
    ) -> list[TrytonLine]:
        fields = [*LINE_FIELDS, *more]
        features = await self.features(deadline)
        if features.knows_invoices:
            fields.append("invoice_line")
        if features.knows_costs and await self._may_read_costs():
            fields.append("cost_price")
        return await self._client.search_read(
            TrytonLine, "timesheet.line", [domain], fields, deadline=deadline
        )

    async def _in_our_words(
        self,
        lines: Sequence[TrytonLine],
        deadline: datetime | None,
        known: WorkTree | None = None,
    ) -> list[tuple[TrytonLine, PostedLine]]:
        wanted = {number for line in lines if (number := work_id_of(line)) is not None}
        tree = known
        if tree is None or not wanted <= tree.works.keys():
            tree = await self.works(wanted, deadline)
        return [(line, posted_line(line, tree)) for line in lines]


def _likely_places(items: Sequence[LookupItem]) -> Domain:
    """By uuid anywhere, or with any marker on lines of that day and those people."""
    people: dict[date, set[int]] = defaultdict(set)
    for item in items:
        worker = tryton_id(item.worker_id) if item.worker_id else None
        if worker is not None and item.work_date is not None:
            people[item.work_date].add(worker)
    on_the_day: list[Domain] = [
        [
            ["date", "=", day],
            ["employee", "in", sorted(workers)],
            ["description", "like", ANY_MARKER],
        ]
        for day, workers in sorted(people.items())
    ]
    return ["OR", ["uuid", "in", [item.posting_key for item in items]], *on_the_day]
