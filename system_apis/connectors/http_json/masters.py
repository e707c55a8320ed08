"""Reads the configured lists, page by page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from shared.problems import InvalidRequest
from system_apis.capabilities.erp.schemas import Domain, LegalEntity
from system_apis.connectors.http_json.client import ErpClient
from system_apis.connectors.http_json.mapping import Unreadable, elements, record_of
from system_apis.connectors.http_json.paging import next_place, place_of, query_of
from system_apis.connectors.http_json.sections import MasterSettings
from system_apis.connectors.http_json.settings import HttpJsonSettings

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Records(Generic[M]):
    """One page of a list."""

    items: list[M]
    next_cursor: str | None = None


class Masters:
    """One ERP's lists. A list that is not configured is empty."""

    def __init__(
        self, client: ErpClient, settings: HttpJsonSettings, served: Collection[str]
    ) -> None:
        self._client = client
        self._settings = settings
        self._served = frozenset(served)

    async def page(
        self,
        domain: Domain,
        model: type[M],
        cursor: str | None,
        limit: int,
        changed_since: datetime | None,
    ) -> Records[M]:
        """
        :raises TimepostProblem: the ERP does not answer, or not as its options describe.
        """
        master = self._settings.masters.get(domain)
        if master is None:
            return Records([])
        try:
            return await self._read(master, model, cursor, limit, changed_since)
        except Unreadable as error:
            raise self._client.unusable(master.path, str(error)) from None

    async def legal_entities(self, cursor: str | None, limit: int) -> Records[LegalEntity]:
        """Only the companies that this connection serves."""
        page = (
            Records(self._settings.legal_entities)
            if self._settings.legal_entities
            else await self.page("legal-entities", LegalEntity, cursor, limit, None)
        )
        ours = [entity for entity in page.items if entity.code in self._served]
        return Records(ours, page.next_cursor)

    async def _read(
        self,
        master: MasterSettings,
        model: type[M],
        cursor: str | None,
        limit: int,
        changed_since: datetime | None,
    ) -> Records[M]:
        query = dict(master.query)
        if master.changed_since and changed_since:
            instant = changed_since.astimezone(UTC).isoformat().replace("+00:00", "Z")
            query[master.changed_since] = instant
        place = None
        if master.paging is not None:
            try:
                place = place_of(cursor, master.paging, limit)
            except Unreadable:
                raise InvalidRequest("The cursor is none of this list's.") from None
            query |= query_of(place, master.paging)
        answer = await self._client.read(master.path, query)
        if not answer.is_success:
            raise Unreadable(f"HTTP {answer.status}")
        told = elements(master.items, answer.body)
        records = [record_of(model, master.fields, each) for each in told]
        if master.paging is None or place is None:
            return Records(records)
        following = next_place(place, master.paging, answer.body, told)
        return Records(records, following.cursor() if following else None)
