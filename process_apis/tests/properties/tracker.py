"""What the model's people do in their tracker, and what Timepost has to make of it."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from process_apis.tests import firm
from process_apis.tests.properties.model_erp import SAME, ModelErp, narrative_of

Json = dict[str, Any]
# Worker, project, day and minutes, in the ERP's words.
Worth = tuple[str, ...]
NAMES = ("e1", "e2", "e3")
WORKERS = {"ada": firm.ADA, "ben": firm.BEN}
PROJECTS = {"open": (firm.LEDGER, firm.DESIGN), "other": (firm.CLOSED, None)}
DAYS = ("2026-06-02", "2026-06-30", "2026-07-01", "2026-08-12")
IN_ERP = {"ada": "11", "ben": "12", "open": "31", "other": "32"}


@dataclass
class Tracker:
    """The stand-in's tracker, kept by the rules that real ones keep.

    :param versions: each entry as it was after every change.
    :param agreed: what each was worth whenever somebody else than its worker approved it.
    :param rounds: how many requests about an entry came before the latest.
    """

    system: ModelErp
    versions: dict[str, list[Json]] = field(default_factory=dict)
    agreed: dict[str, list[Worth]] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)
    decided: int = 0

    def write(
        self, name: str, worker: str, project: str, day: str, minutes: int, skip: int = 0
    ) -> None:
        """Enter or change it; what is approved has to be opened again for that.

        :param skip: changes in between that nobody ever sees.
        """
        if self.status(name) == "APPROVED":
            self.decide(name, "WITHDRAWN")
        about, task = PROJECTS[project]
        firm.enter(
            self.system,
            name,
            worker=WORKERS[worker],
            project=about,
            task=task,
            work_date=day,
            minutes=minutes,
        )
        known = self.versions.setdefault(name, [])
        number = (known[-1]["revision"] if known else 0) + 1 + skip
        self.system.entries[name] |= {"narrative": narrative_of(name), "revision": number}
        known.append(deepcopy(self.system.entries[name]))

    def decide(self, name: str, status: str, *, by_self: bool = False) -> None:
        """Submit, approve, reject or withdraw it; after the last two comes a new request."""
        before = self.status(name)
        if status in ("SUBMITTED", "APPROVED") and before in ("REJECTED", "WITHDRAWN"):
            self.rounds[name] += 1
        self.rounds.setdefault(name, 0)
        self.decided += 1
        worker = self.system.entries[name]["worker"]
        firm.decide(
            self.system,
            self.approval(name),
            [name],
            status=status,
            worker=worker,
            approver=worker if by_self else firm.MIA,
            decided_at=firm.DECIDED + timedelta(minutes=self.decided),
        )
        if status == "APPROVED" and not by_self:
            self.agreed.setdefault(name, []).append(self.worth(name))

    def delete(self, name: str) -> None:
        """What is entered anew under its id has to be submitted anew."""
        del self.system.entries[name]
        if self.status(name) is not None:
            self.system.approvals[self.approval(name)]["covers"] = []
            self.rounds[name] += 1

    def approval(self, name: str) -> str:
        """The latest request about it."""
        return f"a-{name}-{self.rounds.get(name, 0)}"

    def status(self, name: str) -> str | None:
        found = self.system.approvals.get(self.approval(name))
        return found["status"] if found else None

    def is_self_approved(self, name: str) -> bool:
        approval = self.system.approvals[self.approval(name)]
        return bool(approval["approver"] == self.system.entries[name]["worker"])

    def worth(self, name: str) -> Worth:
        """What the ERP has to show for it: worker, project, day, minutes."""
        entry = self.system.entries[name]
        worker = next(key for key, value in WORKERS.items() if value == entry["worker"])
        project = next(key for key, (value, _) in PROJECTS.items() if value == entry["project"])
        return (IN_ERP[worker], IN_ERP[project], entry["work_date"], str(entry["minutes"]))

    def in_erp(self, name: str) -> list[Worth]:
        """What the ERP does show for it: its lines' sums that are not nought."""
        sums: dict[Worth, int] = {}
        for line in self.lines(name):
            key = tuple(line[each] for each in ("worker_id", "project_id", "work_date"))
            sums[key] = sums.get(key, 0) + line["minutes"]
        return sorted((*key, str(minutes)) for key, minutes in sums.items() if minutes)

    def lines(self, name: str) -> list[Json]:
        """Of one entry, as the ERP has them."""
        mine = {key for key, whose in self.system.entry_of.items() if whose == name}
        return [line for line in self.system.lines if line["posting_key"] in mine]


def unpaired(lines: list[Json]) -> tuple[list[Json], list[Json]]:
    """Lines that nothing takes back, and reversals that take nothing back."""
    standing = [line for line in lines if line["minutes"] > 0]
    stray = []
    for reversal in (line for line in lines if line["minutes"] < 0):
        taken = next((line for line in standing if _mirrors(reversal, line)), None)
        if taken is None:
            stray.append(reversal)
        else:
            standing.remove(taken)
    return standing, stray


def _mirrors(reversal: Json, line: Json) -> bool:
    same = all(reversal[each] == line[each] for each in SAME)
    return same and reversal["minutes"] == -line["minutes"]
