"""Finds lines again: by our key, and by the ERP's id."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from shared.problems import UpstreamRefused
from system_apis.capabilities.erp.schemas import (
    LookupItem,
    LookupResult,
    PostedLine,
    ReadResult,
)
from system_apis.connectors.http_json.client import ErpClient, filled_path
from system_apis.connectors.http_json.mapping import Unreadable, record_of
from system_apis.connectors.http_json.paging import whole_list
from system_apis.connectors.http_json.platform_models import Answer
from system_apis.connectors.http_json.sections import LookupSettings, ReadingSettings

Found = TypeVar("Found")


class LineFinder:
    """One connection's look-ups; knows what "not there" looks like, and doubts the rest."""

    def __init__(
        self, client: ErpClient, lookup: LookupSettings | None, reading: ReadingSettings | None
    ) -> None:
        self._client = client
        self._lookup = lookup
        self._reading = reading

    async def by_keys(
        self, items: Sequence[LookupItem], deadline: datetime | None = None
    ) -> LookupResult:
        """Lines that carry the keys; a key is missing only if the ERP said so.

        :raises UpstreamRefused: no look-up is configured, or its answers prove nothing.
        """
        if self._lookup is None:
            raise _not_configured("lookup")
        each = await _together(self._with_key(self._lookup, item, deadline) for item in items)
        lines = {line.external_id: line for found in each for line in found}
        found_keys = {line.posting_key for line in lines.values()}
        missing = [item.posting_key for item in items if item.posting_key not in found_keys]
        return LookupResult(lines=list(lines.values()), missing=missing)

    async def by_ids(self, external_ids: Sequence[str]) -> ReadResult:
        """Lines by the ERP's ids.

        :raises UpstreamRefused: no reading is configured, or its answers make no sense.
        """
        if self._reading is None:
            raise _not_configured("reading")
        found = await _together(self._with_id(self._reading, each) for each in external_ids)
        return ReadResult(
            lines=[line for line in found if line is not None],
            missing=[each for each, line in zip(external_ids, found, strict=True) if line is None],
        )

    async def _with_key(
        self, lookup: LookupSettings, item: LookupItem, deadline: datetime | None
    ) -> list[PostedLine]:
        asked = item.model_dump(mode="json")
        path = filled_path(lookup.path, asked)
        given = {name: value(asked) for name, value in lookup.query.items()}
        query = {name: str(value) for name, value in given.items() if value is not None}

        async def page(more: dict[str, str]) -> Answer | None:
            answer = await self._client.read(path, query | more, deadline)
            if answer.status in lookup.missing_statuses:
                return None
            return self._success(answer, lookup.path)

        try:
            told = await whole_list(page, lookup.items, lookup.paging)
            lines = [record_of(PostedLine, lookup.fields, each) for each in told]
        except Unreadable as error:
            raise self._client.unusable(lookup.path, str(error)) from None
        ours = [line for line in lines if line.posting_key == item.posting_key]
        if lookup.exact and len(ours) != len(lines):
            # An ERP that ignores an unknown query parameter answers with lines of others, perhaps
            # the first page of all. That ours is not among them proves nothing.
            raise self._client.unusable(lookup.path, "it gives lines that were not asked for")
        return ours

    async def _with_id(self, reading: ReadingSettings, external_id: str) -> PostedLine | None:
        path = filled_path(reading.path, {"external_id": external_id})
        answer = await self._client.read(path, {})
        if answer.status in reading.missing_statuses:
            return None
        body = self._success(answer, reading.path).body
        try:
            told = reading.item(body) if reading.item else body
            return record_of(PostedLine, reading.fields, told)
        except Unreadable as error:
            raise self._client.unusable(reading.path, str(error)) from None

    def _success(self, answer: Answer, path: str) -> Answer:
        if not answer.is_success:
            raise self._client.unusable(path, f"HTTP {answer.status}")
        return answer


async def _together(calls: Iterable[Coroutine[Any, Any, Found]]) -> list[Found]:
    """All answers in order; the first failure ends the others, since none counts without it."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _not_configured(section: str) -> UpstreamRefused:
    return UpstreamRefused(
        f"This connection's options have no {section}.",
        code="http_json_not_configured",
        action=f"Add the section {section} to the connection's options.",
    )
