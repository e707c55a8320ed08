"""Reads master data page by page, by ascending id; the cursor is the last id of a page."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from shared.problems import InvalidRequest
from system_apis.capabilities.erp.schemas import (
    ClientPage,
    LegalEntityPage,
    PeriodPage,
    ProjectPage,
    TaskPage,
    WorkerPage,
)
from system_apis.connectors.tryton import mapping
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.companies import ServedCompanies
from system_apis.connectors.tryton.ledger import TrytonLedger
from system_apis.connectors.tryton.mapping import Domain, changed_since
from system_apis.connectors.tryton.platform_models import (
    EMPLOYEE_FIELDS,
    PARTY_FIELDS,
    PERIOD_FIELDS,
    WORK_FIELDS,
    TrytonEmployee,
    TrytonParty,
    TrytonPeriod,
    TrytonRecord,
    TrytonWork,
)
from system_apis.connectors.tryton.settings import TrytonSettings
from system_apis.connectors.tryton.work_tree import WorkTree

Record = TypeVar("Record", bound=TrytonRecord)


class _ClientReference(TrytonRecord):
    """A project, reduced to the party it is done for."""

    party: int | None = None


class TrytonMasters:
    """Master data of the companies that the connection serves."""

    def __init__(
        self,
        client: TrytonClient,
        ledger: TrytonLedger,
        companies: ServedCompanies,
        settings: TrytonSettings,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._companies = companies
        self._settings = settings

    async def legal_entities(self, cursor: str | None, limit: int) -> LegalEntityPage:
        """All of them each time: they are few, and a delta would say nothing about the party."""
        after = _after(cursor)
        found = await self._companies.by_code(afresh=True)
        companies = sorted(found.items(), key=lambda each: each[1].id)
        rest = [(code, company) for code, company in companies if company.id > after]
        page = rest[:limit]
        return LegalEntityPage(
            items=[mapping.legal_entity(company, code) for code, company in page],
            next_cursor=str(page[-1][1].id) if len(rest) > limit else None,
        )

    async def workers(self, cursor: str | None, limit: int, since: datetime | None) -> WorkerPage:
        """Employees, those who left included: their late hours still have to be understood."""
        delta = changed_since(since, "party", "party.contact_mechanisms")
        found, more = await self._page(
            TrytonEmployee,
            "company.employee",
            EMPLOYEE_FIELDS,
            await self._own(delta),
            cursor=cursor,
            limit=limit,
        )
        return WorkerPage(items=[mapping.worker(each) for each in found], next_cursor=more)

    async def clients(self, cursor: str | None, limit: int, since: datetime | None) -> ClientPage:
        """Parties that projects are done for. Tryton has no other word for a client."""
        everybody = await self._clients_of_projects(None)
        domain: Domain = ["id", "in", everybody]
        if since is not None:
            recent = await self._clients_of_projects(since)
            domain = [domain, ["OR", ["id", "in", recent], changed_since(since)]]
        found, more = await self._page(
            TrytonParty, "party.party", PARTY_FIELDS, [domain], cursor=cursor, limit=limit
        )
        return ClientPage(items=[mapping.client(each) for each in found], next_cursor=more)

    async def projects(self, cursor: str | None, limit: int, since: datetime | None) -> ProjectPage:
        works, tree, more = await self._works("project", cursor, limit, since)
        code = self._settings.project_code
        items = [mapping.project(work, tree, code) for work in works]
        return ProjectPage(items=items, next_cursor=more)

    async def tasks(self, cursor: str | None, limit: int, since: datetime | None) -> TaskPage:
        works, tree, more = await self._works("task", cursor, limit, since)
        return TaskPage(items=mapping.tasks(works, tree), next_cursor=more)

    async def periods(self, cursor: str | None, limit: int, since: datetime | None) -> PeriodPage:
        domain = [["type", "=", "standard"], *await self._own(changed_since(since))]
        found, more = await self._page(
            TrytonPeriod, "account.period", PERIOD_FIELDS, domain, cursor=cursor, limit=limit
        )
        return PeriodPage(items=[mapping.period(each) for each in found], next_cursor=more)

    async def _works(
        self, kind: str, cursor: str | None, limit: int, since: datetime | None
    ) -> tuple[list[TrytonWork], WorkTree, str | None]:
        """A page of works with their ancestors, which decide whether they are open.

        A project that closes changes the status of its tasks without touching them, and a status
        may be redefined: hence the relatives in the delta. Ancestors further up than two levels
        are left to the complete pass; a posting looks at all of them.
        """
        delta = changed_since(since, "timesheet_works", "status", "parent", "parent.parent")
        domain = [["type", "=", kind], *await self._own(delta)]
        works, more = await self._page(
            TrytonWork, "project.work", WORK_FIELDS, domain, cursor=cursor, limit=limit
        )
        tree = WorkTree(self._settings.closed_statuses)
        tree.add(works)
        tree.add((await self._ledger.works(tree.missing_parents())).works.values())
        return works, tree, more

    async def _clients_of_projects(self, since: datetime | None) -> list[int]:
        domain = [["party", "!=", None], *await self._own(changed_since(since))]
        references = await self._client.search_read(
            _ClientReference, "project.work", domain, ["party"]
        )
        return sorted({each.party for each in references if each.party is not None})

    async def _own(self, domain: Domain) -> list[Domain]:
        """Restricted to the served companies."""
        own: Domain = ["company", "in", sorted(await self._companies.ids())]
        return [own, domain] if domain else [own]

    async def _page(
        self,
        kind: type[Record],
        model: str,
        fields: Iterable[str],
        domain: list[Domain],
        *,
        cursor: str | None,
        limit: int,
    ) -> tuple[list[Record], str | None]:
        clauses = [["id", ">", _after(cursor)], *domain]
        found = await self._client.search_read(kind, model, clauses, fields, limit=limit + 1)
        page = found[:limit]
        return page, str(page[-1].id) if len(found) > limit else None


def _after(cursor: str | None) -> int:
    """
    :raises InvalidRequest: the cursor is none of ours.
    """
    if cursor is None:
        return 0
    found = mapping.tryton_id(cursor)
    if found is None:
        raise InvalidRequest("The cursor is not one that this connection gave.")
    return found
