"""An HCM, CRM or directory behind the system tier, for the tests of this one."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

Json = dict[str, Any]


@dataclass
class OtherSystem:
    """State that tests set and look at.

    :param lists: rows by list; a list that is not here is not there at all.
    :param changed: what deltas of a list give; a list that is not here knows no deltas.
    :param deleted: told beside the rows of a list.
    :param faulty: rows that make no sense, likewise.
    :param complete: what lists are whole.
    :param repairs: what it can write, such as `client.name`.
    :param repair_faults: taken one by one by the next calls that repair: "drop" after all was done,
        "refuse" (each of the call), "status:<code>".
    :param written: repairs that changed something, in order.
    :param asked: each list that was read, and since when.
    """

    lists: dict[str, list[Json]] = field(default_factory=dict)
    changed: dict[str, list[Json]] = field(default_factory=dict)
    deleted: dict[str, list[str]] = field(default_factory=dict)
    faulty: dict[str, list[Json]] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    repair_faults: list[str] = field(default_factory=list)
    written: list[Json] = field(default_factory=list)
    complete: bool = True
    status: int = 200
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def answer(self, domain: str, changed_since: str | None) -> Response:
        if self.status != 200:
            return JSONResponse({"code": "upstream_unavailable"}, self.status)
        if domain == "abilities":
            return JSONResponse(
                {
                    "lists": sorted(self.lists),
                    "deltas": sorted(self.changed),
                    "deletions": sorted(self.changed),
                    "repairs": self.repairs,
                }
            )
        self.asked.append((domain, changed_since))
        rows = self.lists[domain] if changed_since is None else self.changed[domain]
        return JSONResponse(
            {
                "items": rows,
                "next_cursor": None,
                "deleted": self.deleted.get(domain, []),
                "faulty": self.faulty.get(domain, []),
                "complete": self.complete and changed_since is None,
            }
        )

    def repair(self, batch: Json) -> Response:
        """Of a worker or client, in whichever list they stand."""
        fault = self.repair_faults.pop(0) if self.repair_faults else ""
        if fault.startswith("status:"):
            return JSONResponse({"code": "upstream_refused", "detail": "no"}, int(fault[7:]))
        outcomes = [self._outcome(each, fault) for each in batch["items"]]
        if fault == "drop":
            return JSONResponse({"code": "upstream_no_answer", "detail": "lost"}, 504)
        return JSONResponse({"outcomes": outcomes})

    def _outcome(self, item: Json, fault: str) -> Json:
        told = {"reference": item["reference"], "written": False, "message": None}
        if fault == "refuse":
            return {**told, "status": "refused", "message": "no such right"}
        name = {"worker": ("workers", "users"), "client": ("accounts", "clients")}[item["kind"]]
        rows = [row for each in name for row in self.lists.get(each, [])]
        row = next((each for each in rows if each["external_id"] == item["external_id"]), None)
        if row is None or row[item["attribute"]] not in (item["seen"], item["wanted"]):
            return {**told, "status": "changed"}
        if row[item["attribute"]] == item["wanted"]:
            return {**told, "status": "done"}
        row[item["attribute"]] = item["wanted"]
        self.written.append(item)
        return {**told, "status": "done", "written": True}


def serve(app: FastAPI, systems: dict[str, OtherSystem]) -> None:
    """Routes of all three capabilities, for whichever systems there are at the time."""
    for capability in ("hcm", "crm", "directory"):

        @app.get(f"/{capability}/v1/{{name}}/{{domain}}")
        async def records(name: str, domain: str, changed_since: str | None = None) -> Response:
            return systems[name].answer(domain, changed_since)

        @app.post(f"/{capability}/v1/{{name}}/repairs")
        async def repairs(name: str, body: Json) -> Response:
            return systems[name].repair(body)
