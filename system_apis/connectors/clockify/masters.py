"""What ids stand for: users, projects, clients, tasks and tags, kept for some minutes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar

from shared.values import Clock
from system_apis.connectors.clockify.client import ClockifyClient
from system_apis.connectors.clockify.mapping import References
from system_apis.connectors.clockify.platform_models import Entry, Named, Project, User

# An id that stays unknown after a refresh must not cause one with every call.
_ASK_AGAIN_AFTER = timedelta(seconds=30)


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Identified)


class _Kept(Generic[T]):
    """One list, loaded whole by whoever needs it first while the others wait."""

    def __init__(
        self, load: Callable[[], Awaitable[list[T]]], clock: Clock, keep_for: timedelta
    ) -> None:
        self._load = load
        self._clock = clock
        self._keep_for = keep_for
        self._loaded_at: datetime | None = None
        self._by_id: Mapping[str, T] = {}
        self._unknown: set[str] = set()
        self._lock = asyncio.Lock()

    async def whole(self) -> Mapping[str, T]:
        """The list, refreshed if it is old."""
        async with self._lock:
            if self._is_due(set()):
                await self._refresh(set())
            return self._by_id

    async def holding(self, wanted: Iterable[str]) -> Mapping[str, T]:
        """The list, refreshed if it is old, or once if it lacks something that is wanted."""
        ids = set(wanted)
        if not ids:
            return {}
        async with self._lock:
            if self._is_due(ids):
                await self._refresh(ids)
            return self._by_id

    async def _refresh(self, wanted: set[str]) -> None:
        self._by_id = {item.id: item for item in await self._load()}
        self._loaded_at = self._clock.now()
        self._unknown = wanted - self._by_id.keys()

    def _is_due(self, ids: set[str]) -> bool:
        if self._loaded_at is None:
            return True
        age = self._clock.now() - self._loaded_at
        lacking = ids - self._by_id.keys()
        new = lacking - self._unknown
        return age >= self._keep_for or bool(new) or (bool(lacking) and age >= _ASK_AGAIN_AFTER)


class Masters:
    """References for entries. Hydrated entries bring most of what they need with them."""

    def __init__(self, client: ClockifyClient, clock: Clock, keep_for: timedelta) -> None:
        self._client = client
        self._clock = clock
        self._keep_for = keep_for
        self._users: _Kept[User] = self._kept(client.users)
        self._projects: _Kept[Project] = self._kept(client.projects)
        self._clients: _Kept[Named] = self._kept(client.clients)
        self._tags: _Kept[Named] = self._kept(client.tags)
        self._tasks: dict[str, _Kept[Named]] = {}

    async def users(self, ids: Iterable[str]) -> Mapping[str, User]:
        return await self._users.holding(ids)

    async def all_users(self) -> list[str]:
        """Ids of everybody, also of those who left."""
        return sorted(await self._users.whole())

    async def references_for(self, entries: Iterable[Entry], user_ids: Iterable[str]) -> References:
        """Everything that the entries name and do not bring with them."""
        listed = list(entries)
        projects = await self._projects.holding(_missing_projects(listed))
        nameless = {
            project.client_id
            for entry in listed
            if (project := entry.project or projects.get(entry.project_id or ""))
            and project.client_id
            and not project.client_name
        }
        return References(
            users=await self._users.holding(user_ids),
            projects=projects,
            clients=await self._clients.holding(nameless),
            tasks=await self._tasks_of(listed),
            tags=await self._tags.holding(
                tag_id for entry in listed if not entry.tags for tag_id in entry.tag_ids
            ),
        )

    async def _tasks_of(self, entries: Iterable[Entry]) -> Mapping[str, Named]:
        wanted: dict[str, set[str]] = {}
        for entry in entries:
            if entry.task is None and entry.task_id and entry.any_project_id:
                wanted.setdefault(entry.any_project_id, set()).add(entry.task_id)
        found: dict[str, Named] = {}
        for project_id, task_ids in wanted.items():
            kept = self._tasks.get(project_id)
            if kept is None:
                kept = self._tasks[project_id] = self._kept(partial(self._client.tasks, project_id))
            found.update(await kept.holding(task_ids))
        return found

    def _kept(self, load: Callable[[], Awaitable[list[T]]]) -> _Kept[T]:
        return _Kept(load, self._clock, self._keep_for)


def _missing_projects(entries: Iterable[Entry]) -> set[str]:
    return {entry.project_id for entry in entries if entry.project is None and entry.project_id}
