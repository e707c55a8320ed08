"""A running stand-in with a small firm."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.sandboxes.clockify.background import serving
from deploy.sandboxes.redmine import Store, create_sandbox
from deploy.sandboxes.redmine.entries import change, created
from deploy.sandboxes.redmine.store import APPROVAL_FIELD, Project, TimeEntry, User
from shared.values import FixedClock


@dataclass
class Redmine:
    """Where it is, and what people do in it."""

    url: str
    clock: FixedClock
    store: Store
    ada: User
    ledger: Project
    internal: Project

    def log(self, spent_on: str = "2026-11-20", hours: str = "1.5", **fields: Any) -> TimeEntry:
        """An entry of Ada on the ledger project, unless said otherwise."""
        build = next(iter(self.store.activities))
        given = {"project_id": self.ledger.id, "activity_id": build, "user_id": self.ada.id}
        body = {**given, "spent_on": spent_on, "hours": hours, **fields}
        return created(self.store, self.ada, body)

    def set_state(self, entry: TimeEntry, state: str) -> None:
        """What an approver does."""
        change(self.store, entry, {"custom_fields": [{"id": APPROVAL_FIELD, "value": state}]})


@pytest.fixture
def redmine() -> Iterator[Redmine]:
    clock = FixedClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    app = create_sandbox(clock)
    store: Store = app.state.store
    ada = store.add_user("ada", "Ada", "Lindqvist", "ada@haldenridge.example")
    ledger = store.add_project("hr-1042", "HR-1042 Ledger migration")
    internal = store.add_project("internal", "Practice development")
    store.add_activity("Build")
    store.add_activity("Travel")
    with serving(app) as url:
        yield Redmine(url, clock, store, ada, ledger, internal)
