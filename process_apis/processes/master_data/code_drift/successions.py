"""Where hours go whose project, or task, others came in the place of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data.code_drift.following import Succession, When, follow
from process_apis.processes.master_data.code_drift.rules import Facts
from process_apis.processes.master_data.rules import Candidate, Matched, Named, match

_CURRENT = text(
    "SELECT connection, record_id, from_date, into_id, by_task FROM code_succession"
    " WHERE ended_at IS NULL"
)
_RECORDS = "SELECT * FROM {table} WHERE id = ANY(:ids)"
_TASKS_OF = text(
    """
    SELECT task.* FROM task JOIN project ON project.owner_connection = task.owner_connection
      AND project.owner_external_id = task.project_external_id
    WHERE project.id = ANY(:ids) AND task.vanished_at IS NULL
    """
)


@dataclass(frozen=True)
class Place:
    """Where hours go instead.

    :param matched: "one" where that is certain.
    """

    matched: Matched
    project: Facts | None = None
    task_matched: Matched = "one"
    task: Facts | None = None


async def read(transaction: AsyncConnection) -> dict[UUID, Succession]:
    """All that stewards have said and that holds; there are few of them."""
    return {
        row["record_id"]: Succession(
            row["record_id"],
            row["from_date"],
            row["into_id"],
            {name: UUID(into) for name, into in (row["by_task"] or {}).items()},
        )
        for row in as_dicts(await transaction.execute(_CURRENT))
    }


class Successions:
    """Answers for one batch, within the batch's transaction."""

    def __init__(self, said: Mapping[UUID, Succession]) -> None:
        self._said = said
        self._records: dict[UUID, Facts] = {}
        self._tasks_of: dict[str, list[Facts]] = {}

    @classmethod
    async def open(cls, transaction: AsyncConnection) -> Self:
        """With all that came in the place of something."""
        said = await read(transaction)
        found = cls(said)
        ids = {into for each in said.values() for into in (each.into, *each.by_task.values())}
        ids.discard(None)
        if ids:
            await found._read(transaction, sorted(filter(None, ids)))
        return found

    async def _read(self, transaction: AsyncConnection, ids: list[UUID]) -> None:
        for table in ("project", "task"):
            rows = await transaction.execute(text(_RECORDS.format(table=table)), {"ids": ids})
            self._records |= {row["id"]: row for row in as_dicts(rows)}
        for row in as_dicts(await transaction.execute(_TASKS_OF, {"ids": ids})):
            self._tasks_of.setdefault(row["project_external_id"], []).append(row)

    def place(
        self, project: Facts, task: Facts | None, said: Mapping[str, Any] | None, when: When
    ) -> Place | None:
        """Where hours on a project, and a task of it, go; None if that is still where they went.

        :param said: the task as the entry says it.
        """
        if not self._said:
            return None
        matched, project_id = follow(self._said, project["id"], when)
        if project_id is None:
            return Place(matched)
        _, task_id = follow(self._said, task["id"], when) if task else ("none", None)
        moved = task is not None and task_id != task["id"]
        if project_id == project["id"] and not moved:
            return None
        new_task = self._records[task_id] if moved and task_id else task
        if project_id == project["id"]:
            return Place("one", project, task=new_task)
        new_project = self._records[project_id]
        if not said:
            return Place("one", new_project)
        return self._with_task(new_project, new_task, said)

    def _with_task(self, project: Facts, task: Facts | None, said: Mapping[str, Any]) -> Place:
        """The task that the project has by that name, if the entry's is none of its own."""
        within = project["owner_external_id"]
        if task is not None and task["project_external_id"] == within:
            return Place("one", project, task=task)
        known = self._tasks_of.get(within, ())
        candidates = [
            Candidate(each["id"], each["owner_external_id"], Named(each["code"], each["name"]))
            for each in known
        ]
        found = match(Named(said.get("code"), said.get("name")), candidates)
        record = next(
            (each for each in known if found.candidate and each["id"] == found.candidate.id), None
        )
        return Place("one", project, found.matched, record)
