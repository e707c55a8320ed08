"""What mappings make of a batch of entries, with few queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.mapping import store
from process_apis.processes.mapping.rules import Given, Hit, Outcome, Rules, Several, facts_of

_TASKS = text(
    "SELECT * FROM task WHERE owner_connection = :target AND owner_external_id = ANY(:ids)"
)
_PROJECTS = text(
    "SELECT * FROM project WHERE owner_connection = :target AND owner_external_id = ANY(:ids)"
)

Records = dict[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Version:
    """One version of a mapping, ready to be asked."""

    id: UUID
    number: int
    target: str
    requires: tuple[Given, ...]
    rules: Rules

    @property
    def called(self) -> str:
        return f"mapping version {self.number}"


@dataclass(frozen=True)
class Mapped:
    """What a version makes of one entry.

    :param rows: of the rules that hold.
    :param task: the ERP's record, if a rule gives one; ``project`` is the task's.
    :param trouble: why the entry cannot go on: as for references that are not bound.
    """

    version: Version
    outcome: Outcome
    rows: tuple[int, ...] = ()
    task: Mapping[str, Any] | None = None
    project: Mapping[str, Any] | None = None
    billing_code: str | None = None
    activity: str | None = None
    trouble: Literal["none", "several"] | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """As a posting keeps it."""
        return {
            "mapping_id": self.version.id,
            "mapping_version": self.version.number,
            "mapping_row": self.rows[0] if isinstance(self.outcome, Hit) else None,
            "billing_code": self.billing_code,
            "activity": self.activity,
        }

    @property
    def explanation(self) -> str:
        """Which rule decides, in words."""
        if isinstance(self.outcome, Hit):
            return f"row {self.rows[0]} of {self.version.called} holds"
        if isinstance(self.outcome, Several):
            return f"rows {_listed(self.rows)} of {self.version.called} hold alike"
        return f"no rule of {self.version.called} holds"


NOT_MAPPED: dict[str, Any] = {
    "mapping_id": None,
    "mapping_version": None,
    "mapping_row": None,
    "billing_code": None,
    "activity": None,
}


class Targets:
    """Answers for one batch, within the batch's transaction."""

    def __init__(self, versions: Mapping[str, Sequence[Version]]) -> None:
        self._versions = versions
        self._tasks: dict[str, Records] = {}
        self._projects: dict[str, Records] = {}

    @classmethod
    async def read(
        cls, transaction: AsyncConnection, asked: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Self:
        """By what holds now. Asked is by tracker and content of each entry."""
        found = await store.published(transaction, {tracker for tracker, _ in asked})
        rules = await store.rules(transaction, [each["id"] for each in found]) if found else {}
        versions: dict[str, list[Version]] = {}
        for each in found:
            version = version_of(each, Rules(rules[each["id"]]))
            versions.setdefault(each["tracker"], []).append(version)
        return await cls.of(transaction, versions, asked)

    @classmethod
    async def of(
        cls,
        transaction: AsyncConnection,
        versions: Mapping[str, Sequence[Version]],
        asked: Sequence[tuple[str, Mapping[str, Any]]],
    ) -> Self:
        """By given versions, draft or not."""
        targets = cls(versions)
        wanted: dict[str, set[str]] = {}
        for tracker, content in asked:
            for version in versions.get(tracker, ()):
                outcome = _outcome(version, content)
                if isinstance(outcome, Hit) and outcome.rule.target_task is not None:
                    wanted.setdefault(version.target, set()).add(outcome.rule.target_task)
        for target, ids in wanted.items():
            tasks = await _records(transaction, _TASKS, target, ids)
            within = {task["project_external_id"] for task in tasks.values()}
            targets._tasks[target] = tasks
            targets._projects[target] = await _records(transaction, _PROJECTS, target, within)
        return targets

    def mapped(self, tracker: str, target: str, content: Mapping[str, Any]) -> Mapped | None:
        """What holds for an entry; None where there is no mapping for tracker and ERP."""
        for version in self._versions.get(tracker, ()):
            if version.target == target:
                return self._mapped(version, _outcome(version, content))
        return None

    def _mapped(self, version: Version, outcome: Outcome) -> Mapped:
        if isinstance(outcome, Several):
            rows = tuple(rule.row for rule in outcome.rules)
            return Mapped(version, outcome, rows, trouble="several")
        if not isinstance(outcome, Hit):
            return Mapped(version, outcome, trouble="none" if version.requires else None)
        rule = outcome.rule
        task = self._tasks.get(version.target, {}).get(rule.target_task or "")
        project = None
        if task is not None:
            project = self._projects[version.target].get(task["project_external_id"])
        return Mapped(
            version, outcome, (rule.row,), task, project, rule.billing_code, rule.activity
        )


def version_of(found: Mapping[str, Any], rules: Rules) -> Version:
    """From the row of its table."""
    requires = tuple(Given(each) for each in found["requires"])
    return Version(found["id"], found["version"], found["target"], requires, rules)


def _outcome(version: Version, content: Mapping[str, Any]) -> Outcome:
    return version.rules.outcome(facts_of(content), date.fromisoformat(content["work_date"]))


async def _records(
    transaction: AsyncConnection, statement: Any, target: str, ids: set[str]
) -> Records:
    rows = as_dicts(await transaction.execute(statement, {"target": target, "ids": sorted(ids)}))
    return {row["owner_external_id"]: row for row in rows}


def _listed(rows: Sequence[int]) -> str:
    return ", ".join(str(row) for row in rows[:-1]) + f" and {rows[-1]}"
