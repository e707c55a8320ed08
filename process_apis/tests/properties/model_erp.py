"""An ERP that remembers what was ever asked of it, so that its own rows can be judged."""

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from process_apis.tests import firm
from process_apis.tests.system_stand_in import StandIn

Json = dict[str, Any]

# What stands in a line's text, by which its rows tell of themselves whose they are.
_NAME = re.compile(r"entry (e\d)")
SAME = ("worker_id", "project_id", "task_id", "work_date", "legal_entity_id")

FAULTS = (
    "status:429",
    "status:503",
    "commit then status:500",
    "drop",
    "commit then drop",
    "say nothing",
    "retry:throttled",
    "retry:transient",
    "reject:rejected",
    "clip",
    "hours differ",
    "reads back wrong",
)


def narrative_of(name: str) -> str:
    """The text of an entry."""
    return f"SECRET-NARRATIVE of entry {name}"


@dataclass
class ModelErp(StandIn):
    """The stand-in's ERP with periods and projects that count, and a memory.

    :param strict: it refuses what its periods and projects do not allow. Otherwise it takes
        everything, and `dated_wrong` says which lines Timepost should not have sent.
    :param as_asked: every line as it was when it was taken, or last rewritten as Timepost asked;
        without those that Timepost asked it to delete.
    :param altered: lines, by their ids, that have other hours than Timepost asked for.
    :param entry_of: the entry's name by posting key.
    """

    strict: bool = True
    as_asked: dict[str, Json] = field(default_factory=dict)
    entry_of: dict[str, str] = field(default_factory=dict)
    altered: set[str] = field(default_factory=set)
    dated_wrong: list[Json] = field(default_factory=list)
    closed_as_read: set[str] = field(default_factory=set)

    def forget(self, *, strict: bool, takes_back: str) -> None:
        """Begin anew; the address stays.

        :param takes_back: the one way in which it lets a line be taken back.
        """
        fresh = ModelErp(masters=firm.masters(), strict=strict, reversal_modes=[takes_back])
        for name, value in vars(fresh).items():
            if name != "url":
                setattr(self, name, value)
        self.close("projects", "32", closed=False)

    def masters_were_read(self) -> None:
        """Timepost knows from now on which periods are closed."""
        self.closed_as_read = {each["external_id"] for each in self._closed()}

    def close(self, domain: str, external_id: str, *, closed: bool) -> None:
        """Close or open a period or a project."""
        for each in self.masters[domain]:
            if each["external_id"] == external_id:
                each["status"] = "CLOSED" if closed else "OPEN"

    def _closed(self) -> list[Json]:
        return [each for each in self.masters["periods"] if each["status"] != "OPEN"]

    def _post_one(self, erp: str, item: Json, fault: str) -> Json:
        if self.strict and not fault.startswith(("retry:", "reject:")):
            fault = self._reason_against(item) or fault
        asked = item["minutes"]
        if fault == "clip":
            item, fault = {**item, "minutes": max(item["minutes"], 0)}, ""
        misread = fault == "reads back wrong"
        outcome = super()._post_one(erp, item, "" if misread else fault)
        self._remember(item, asked)
        if misread and outcome["line"]:
            outcome["line"] = {**outcome["line"], "minutes": outcome["line"]["minutes"] + 1}
        return outcome

    def _reason_against(self, item: Json) -> str | None:
        day = item["accounting_date"]
        if any(each["start_date"] <= day <= each["end_date"] for each in self._closed()):
            return "reject:period_closed"
        projects = {each["external_id"]: each for each in self.masters["projects"]}
        if projects[item["project_id"]]["status"] != "OPEN":
            return "reject:project_closed"
        return None

    def _remember(self, item: Json, asked: int) -> None:
        found = _NAME.search(item["narrative"])
        assert found, "a line says nothing of its entry"
        self.entry_of[item["posting_key"]] = found[1]
        target = item["target_line"]
        for line in self.lines:
            rewritten = item["operation"] == "update" and line["external_id"] == target
            if line["external_id"] not in self.as_asked or rewritten:
                self.as_asked[line["external_id"]] = deepcopy(line)
                self.altered.discard(line["external_id"])
                if line["minutes"] != asked:
                    self.altered.add(line["external_id"])
                self._check_date(line, item["accounting_date"])
        deleted = {each["external_id"] for each in self.deleted}
        if item["operation"] == "delete" and target in deleted & self.as_asked.keys():
            self._check_date(self.as_asked.pop(target), item["accounting_date"])

    def _check_date(self, line: Json, day: str) -> None:
        for period in self._closed():
            known = period["external_id"] in self.closed_as_read
            if known and period["start_date"] <= day <= period["end_date"]:
                self.dated_wrong.append(line)
