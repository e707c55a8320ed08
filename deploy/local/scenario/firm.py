"""What the scenario needs to know of the demo firm, from `firm.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

FIRM_FILE = Path(__file__).parents[1] / "firm.toml"
DEMO_FILE = Path(__file__).parents[1] / "halden_ridge.toml"


@dataclass(frozen=True)
class Person:
    """Somebody who enters time; their clock decides which day an entry belongs to."""

    name: str
    email: str
    timezone: str
    entity: str = "US01"
    number: str = ""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class Project:
    """A project as both platforms know it; hours without a task stand on the project itself."""

    code: str
    title: str
    tasks: tuple[str, ...]
    billable: bool
    closed_on: date | None
    entity: str = "US01"
    starts_on: date | None = None

    @property
    def name(self) -> str:
        """As it reads in the ERP and in the tracker."""
        return f"{self.code} {self.title}"


@dataclass(frozen=True)
class Firm:
    """:param entities: codes of the legal entities, the first of them the one by hand."""

    people: tuple[Person, ...]
    projects: tuple[Project, ...]
    entities: tuple[str, ...] = ("US01",)

    def people_of(self, entity: str) -> tuple[Person, ...]:
        return tuple(each for each in self.people if each.entity == entity)

    def projects_of(self, entity: str) -> tuple[Project, ...]:
        return tuple(each for each in self.projects if each.entity == entity)

    def person(self, email_start: str) -> Person:
        return next(p for p in self.people if p.email.startswith(email_start))

    def project(self, code: str) -> Project:
        return next(p for p in self.projects if p.code == code)


def read_firm(first_day: date, path: Path = FIRM_FILE) -> Firm:
    """The firm's projects, and the people who work there from `first_day` on."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    home = data["firm"]["legal_entity"]
    return Firm(
        people=tuple(
            Person(
                worker["name"],
                worker["email"],
                worker["timezone"],
                worker.get("legal_entity", home),
                worker["employee_number"],
            )
            for worker in data["workers"]
            if "left" not in worker or worker["left"] >= first_day
        ),
        projects=tuple(
            Project(
                code=project["code"],
                title=project["name"],
                tasks=tuple(project["tasks"]),
                billable="client" in project,
                closed_on=project.get("closed_on"),
                entity=project.get("legal_entity", home),
                starts_on=project.get("starts_on"),
            )
            for project in data["projects"]
        ),
        entities=(home, *(each["code"] for each in data.get("entities", []))),
    )
