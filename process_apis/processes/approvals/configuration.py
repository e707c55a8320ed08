"""The approvals file: who gives the approvals of each tracker connection, and by which rules."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from process_apis.processes.approvals import rules
from process_apis.processes.approvals.rules import Person
from process_apis.toml_files import read_file
from shared.identity import Principal

_VARIABLE = "TIMEPOST_PROCESS_APPROVALS_FILE"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Mode = Literal["tracker", "timepost", "policy"]
Scope = Literal["period", "entry"]


def _normalised(email: str) -> str:
    return rules.address(email) or ""


Email = Annotated[
    str,
    Field(pattern=r"^\s*[^\s@]+@[^\s@]+\s*$", max_length=254),
    AfterValidator(_normalised),
]
Code = Annotated[str, Field(min_length=1, max_length=100)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Approvers(_Table):
    """Who is responsible for hours."""

    default: Email
    by_project: dict[Code, Email] = Field(default_factory=dict)


class PolicyTable(_Table):
    """Hours that need no person."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    legal_entities: list[Code] = Field(min_length=1)
    max_hours_per_day: float = Field(gt=0, le=24)
    billable: bool | None = None
    projects: list[Code] | None = Field(default=None, min_length=1)
    after_days: int = Field(default=1, ge=0, le=60)


class ConnectionTable(_Table):
    """One tracker connection."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    mode: Mode = "tracker"
    scope: Scope = "period"
    period: Literal["week", "month"] = "week"
    week_starts: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = "monday"
    approvers: Approvers | None = None
    policies: list[PolicyTable] = Field(default_factory=list)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.mode == "tracker":
            if self.approvers is not None or self.policies:
                raise ValueError("with mode tracker, approvers and policies have no effect")
            return self
        if self.approvers is None:
            raise ValueError(f"with mode {self.mode}, approvers.default has to name somebody")
        if (self.mode == "policy") is not bool(self.policies):
            raise ValueError("mode policy needs policies, and no other mode has any")
        ids = [each.id for each in self.policies]
        if len(ids) != len(set(ids)):
            raise ValueError("two policies have one id")
        return self

    @property
    def week_start(self) -> int:
        """0 is Monday."""
        return _DAYS.index(self.week_starts)

    @property
    def people_asked(self) -> set[str]:
        """Addresses of everybody who may have to decide."""
        approvers = self.approvers
        return {approvers.default, *approvers.by_project.values()} if approvers else set()


class ApprovalsFile(_Table):
    """The whole file; an empty one leaves all approvals to the trackers."""

    connections: list[ConnectionTable] = Field(default_factory=list)
    people: dict[str, Email] = Field(default_factory=dict)

    @field_validator("connections")
    @classmethod
    def _once_each(cls, tables: list[ConnectionTable]) -> list[ConnectionTable]:
        names = [each.name for each in tables]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} stands there twice")
        return tables

    @model_validator(mode="after")
    def _approvers_can_sign_in(self) -> Self:
        known = set(self.people.values())
        asked = {email for each in self.connections for email in each.people_asked}
        if unknown := sorted(asked - known):
            raise ValueError(f"people lists no account of {', '.join(unknown)}")
        return self

    @property
    def ours(self) -> frozenset[str]:
        """Connections whose approvals are given here."""
        return frozenset(each.name for each in self.connections if each.mode != "tracker")

    @property
    def by_policy(self) -> Sequence[str]:
        """Connections with policies."""
        return [each.name for each in self.connections if each.mode == "policy"]

    def of(self, connection: str) -> ConnectionTable | None:
        """Settings of a connection whose approvals are given here."""
        named = (each for each in self.connections if each.name == connection)
        return next((each for each in named if each.mode != "tracker"), None)

    def person(self, caller: Principal) -> Person:
        """Who calls, with the work email of their account."""
        return Person(caller.subject, self.people.get(caller.subject), caller.roles)


def read_approvals(path: Path | None) -> ApprovalsFile:
    """The approvals file, or an empty one if none is named.

    :raises ConfigurationError: names the file, each key that is wrong, and why.
    """
    if path is None:
        return ApprovalsFile()
    without = "the trackers give all approvals"
    return read_file(path, ApprovalsFile, "approvals file", _VARIABLE, without)
