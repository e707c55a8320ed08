"""What the stand-in remembers, in memory."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from shared.values import Clock

APPROVAL_FIELD = 1
APPROVAL_VALUES = ["open", "submitted", "approved", "rejected", "posted"]


@dataclass
class User:
    """Administrators see everybody's entries and e-mail addresses."""

    id: int
    login: str
    firstname: str
    lastname: str
    mail: str
    api_key: str
    admin: bool = False

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclass
class Project:
    id: int
    identifier: str
    name: str
    archived: bool = False


@dataclass
class Activity:
    id: int
    name: str


@dataclass
class TimeEntry:
    """``approval`` is the value of the custom field; Redmine's default is no value."""

    id: int
    project: Project
    user: User
    activity: Activity
    hours: Decimal
    spent_on: date
    created_on: datetime
    updated_on: datetime
    comments: str = ""
    issue: int | None = None
    approval: str = ""


@dataclass
class Faults:
    """What goes wrong next.

    :param field_is_read_only: the role may not edit the custom field: Redmine then drops it from
        a change and answers as ever.
    """

    rate_limited: int = 0
    server_errors: int = 0
    field_is_read_only: bool = False


@dataclass
class Store:
    """One Redmine."""

    clock: Clock
    users: dict[int, User] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    activities: dict[int, Activity] = field(default_factory=dict)
    entries: dict[int, TimeEntry] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    approval_values: Sequence[str] = tuple(APPROVAL_VALUES)

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self.add_user("admin", "Redmine", "Admin", "admin@haldenridge.example", admin=True)

    def now(self) -> datetime:
        """Redmine's instants have whole seconds."""
        return self.clock.now().astimezone(UTC).replace(microsecond=0)

    def next_id(self) -> int:
        return next(self._ids)

    def add_user(
        self, login: str, firstname: str, lastname: str, mail: str, *, admin: bool = False
    ) -> User:
        """With the API key ``redmine-key-<login>``."""
        number = self.next_id()
        key = f"redmine-key-{login}"
        self.users[number] = User(number, login, firstname, lastname, mail, key, admin)
        return self.users[number]

    def add_project(self, identifier: str, name: str) -> Project:
        number = self.next_id()
        self.projects[number] = Project(number, identifier, name)
        return self.projects[number]

    def add_activity(self, name: str) -> Activity:
        number = self.next_id()
        self.activities[number] = Activity(number, name)
        return self.activities[number]

    def user_of_key(self, key: str) -> User | None:
        return next((user for user in self.users.values() if user.api_key == key), None)

    def project_named(self, name: str) -> Project | None:
        """By id or by identifier."""
        return next((p for p in self.projects.values() if name in (str(p.id), p.identifier)), None)
