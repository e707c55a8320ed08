"""Everything in memory, written through to one SQLite file so that a restart forgets nothing."""

import itertools
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

from deploy.sandboxes.clockify.records import (
    Approval,
    Client,
    Entry,
    Project,
    Record,
    Tag,
    Task,
    User,
    Webhook,
    Workspace,
)
from shared.values import Clock

R = TypeVar("R", bound=Record)


class Table(Generic[R]):
    """Records of one kind by id, in the order in which they came."""

    def __init__(self, database: sqlite3.Connection, model: type[R]) -> None:
        self._database = database
        self._kind = model.__name__
        self._rows: dict[str, R] = {
            row_id: model.model_validate_json(body)
            for row_id, body in database.execute(
                "SELECT id, body FROM record WHERE kind = ? ORDER BY rowid", (self._kind,)
            )
        }

    def get(self, record_id: str | None) -> R | None:
        return self._rows.get(record_id) if record_id else None

    def all(self) -> Iterable[R]:
        return tuple(self._rows.values())

    def put(self, record: R) -> R:
        """Keep a new or changed record."""
        self._rows[record.id] = record
        self._database.execute(
            "INSERT INTO record (kind, id, body) VALUES (?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (self._kind, record.id, record.model_dump_json()),
        )
        return record

    def remove(self, record_id: str) -> None:
        self._rows.pop(record_id, None)
        self._database.execute(
            "DELETE FROM record WHERE kind = ? AND id = ?", (self._kind, record_id)
        )

    def clear(self) -> None:
        self._rows.clear()
        self._database.execute("DELETE FROM record WHERE kind = ?", (self._kind,))


class Store:
    """All tables.

    :param path: SQLite file, or ``None`` to forget everything at the end.
    """

    def __init__(self, path: Path | None, clock: Clock) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS record "
            "(kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
        )
        self.clock = clock
        self._random = os.urandom(5).hex()
        self._counter = itertools.count(1)
        self.workspaces = Table(self._database, Workspace)
        self.users = Table(self._database, User)
        self.clients = Table(self._database, Client)
        self.projects = Table(self._database, Project)
        self.tasks = Table(self._database, Task)
        self.tags = Table(self._database, Tag)
        self.entries = Table(self._database, Entry)
        self.approvals = Table(self._database, Approval)
        self.webhooks = Table(self._database, Webhook)
        self._tables: tuple[Table[Any], ...] = (
            self.workspaces,
            self.users,
            self.clients,
            self.projects,
            self.tasks,
            self.tags,
            self.entries,
            self.approvals,
            self.webhooks,
        )

    def new_id(self) -> str:
        """24 hex digits that grow with time, like the vendor's (a MongoDB ObjectId)."""
        seconds = int(self.clock.now().timestamp())
        return f"{seconds:08x}{self._random}{next(self._counter):06x}"

    def entry(self, entry_id: str | None) -> Entry | None:
        """An entry that was not deleted."""
        entry = self.entries.get(entry_id)
        return entry if entry is not None and entry.deleted_at is None else None

    def forget_everything(self) -> None:
        for table in self._tables:
            table.clear()

    def close(self) -> None:
        self._database.close()
