"""Makes clients, projects and tasks in Clockify as the ERP has them, and keeps them so.

Names are unique there: of clients in the workspace, of projects with one client, of tasks in a
project. So whatever became of a call that was not answered, the record is found by its name, and a
second one cannot come to be. What we made says so in its note; what does not is people's own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from shared.http_client import NoAnswer
from shared.problems import TooManyRequests, UpstreamUnavailable
from shared.values import Clock
from system_apis.capabilities.time_tracking.schemas import MasterKind, MasterTaken, MasterToTake
from system_apis.connectors.clockify.client import ClockifyClient, RequestRefused
from system_apis.connectors.clockify.platform_models import NamedClient, NamedProject, NamedTask

SHORTEST_NAME = 2
MADE_FOR = "Kept by Timepost: "


T = TypeVar("T")


class Taking:
    """One workspace."""

    def __init__(self, client: ClockifyClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def take(self, items: Sequence[MasterToTake], deadline: datetime) -> list[MasterTaken]:
        """One outcome per item, in order; the rest waits once Clockify throttles or is away."""
        outcomes: list[MasterTaken] = []
        stopped: str | None = None
        for item in items:
            if stopped is None and self._clock.now() >= deadline:
                stopped = "there was no time left for it"
            if stopped is not None:
                outcomes.append(_outcome(item, "retry", message=stopped))
                continue
            try:
                outcomes.append(await self._take_one(item))
            except (TooManyRequests, UpstreamUnavailable, NoAnswer) as problem:
                stopped = problem.detail
                outcomes.append(_outcome(item, "retry", message=stopped))
        return outcomes

    async def _take_one(self, item: MasterToTake) -> MasterTaken:
        if len(item.name) < SHORTEST_NAME:
            return _outcome(item, "refused", message="Clockify wants names of two letters or more.")
        try:
            found = await self._find(item)
            if found is None and item.external_id is not None and not item.open:
                return _outcome(item, "done", item.external_id)  # people deleted it: so be it
            if found is None:
                return await self._make(item)
            if others := _not_ours(found, item):
                return others
            if _differs(found, item):
                await self._client.update(f"{_path(item)}/{found.id}", _body(item))
        except RequestRefused as problem:
            return _outcome(item, "refused", item.external_id, problem.detail)
        return _outcome(item, "done", found.id)

    async def _make(self, item: MasterToTake) -> MasterTaken:
        try:
            made = await self._client.create(_path(item), _body(item))
        except RequestRefused:
            # Taken meanwhile: perhaps by a call of our own that nobody saw answered.
            found = await self._by_name(item, item.name)
            if found is None:
                raise
            if others := _not_ours(found, item):
                return others
            made = found.id
        return _outcome(item, "done", made)

    async def _find(self, item: MasterToTake) -> NamedClient | NamedProject | NamedTask | None:
        """By its id, once that is known; else by its name, or one that it was told under before."""
        if item.external_id is not None and (found := await self._by_id(item, item.external_id)):
            return found
        for name in dict.fromkeys((item.name, *item.known_as)):
            if found := await self._by_name(item, name):
                return found
        return None

    async def _by_id(
        self, item: MasterToTake, external_id: str
    ) -> NamedClient | NamedProject | NamedTask | None:
        """None if people have deleted it."""
        try:
            if item.kind is MasterKind.CLIENT:
                return await self._client.client(external_id)
            if item.kind is MasterKind.PROJECT:
                return await self._client.project(external_id)
            return await self._client.task(item.project_id or "", external_id)
        except RequestRefused:
            return None

    async def _by_name(
        self, item: MasterToTake, name: str
    ) -> NamedClient | NamedProject | NamedTask | None:
        if item.kind is MasterKind.CLIENT:
            return _first(await self._client.clients_named(name))
        if item.kind is MasterKind.PROJECT:
            named = await self._client.projects_named(name)
            return _first([each for each in named if each.client_id == item.client_id])
        return _first(await self._client.tasks_named(item.project_id or "", name))


def note_of(reference: str) -> str:
    """What stands in the note of whatever we made."""
    return f"{MADE_FOR}{reference}"


def _not_ours(
    found: NamedClient | NamedProject | NamedTask, item: MasterToTake
) -> MasterTaken | None:
    """What is to be said of one that is not ours, or was made for something else; None if it is.

    Tasks have no note: one that is ours is known by its id, or was told before.
    """
    theirs = _outcome(item, "taken", found.id, "Somebody made one of this name.")
    if isinstance(found, NamedTask):
        known = found.id == item.external_id or bool(item.known_as)
        return None if known else theirs
    note = found.note or ""
    if note_of(item.reference) in note.splitlines():
        return None
    if MADE_FOR in note:
        other = note.partition(MADE_FOR)[2].splitlines()[0]
        said = f"One of this name was made for another record: {other}."
        return _outcome(item, "refused", message=said)
    return theirs


def _differs(found: NamedClient | NamedProject | NamedTask, item: MasterToTake) -> bool:
    if isinstance(found, NamedTask):
        return (found.name, found.status == "ACTIVE") != (item.name, item.open)
    same = (found.name, not found.archived) == (item.name, item.open)
    if isinstance(found, NamedProject):
        same = same and (found.client_id, found.billable) == (item.client_id, item.billable)
    return not same


def _path(item: MasterToTake) -> str:
    if item.kind is MasterKind.TASK:
        return f"/projects/{item.project_id}/tasks"
    return "/clients" if item.kind is MasterKind.CLIENT else "/projects"


def _body(item: MasterToTake) -> dict[str, Any]:
    if item.kind is MasterKind.TASK:
        return {"name": item.name, "status": "ACTIVE" if item.open else "DONE"}
    body = {
        "name": item.name,
        "note": note_of(item.reference),
        "archived": not item.open,
    }
    if item.kind is MasterKind.PROJECT:
        body |= {"clientId": item.client_id or "", "billable": item.billable, "isPublic": True}
    return body


def _first(found: Sequence[T]) -> T | None:
    return found[0] if found else None


def _outcome(
    item: MasterToTake, status: str, external_id: str | None = None, message: str | None = None
) -> MasterTaken:
    return MasterTaken.model_validate(
        {
            "kind": item.kind,
            "reference": item.reference,
            "status": status,
            "external_id": external_id,
            "message": message,
        }
    )
