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
    :param asked: each list that was read, and since when.
    """

    lists: dict[str, list[Json]] = field(default_factory=dict)
    changed: dict[str, list[Json]] = field(default_factory=dict)
    deleted: dict[str, list[str]] = field(default_factory=dict)
    faulty: dict[str, list[Json]] = field(default_factory=dict)
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


def serve(app: FastAPI, systems: dict[str, OtherSystem]) -> None:
    """Routes of all three capabilities, for whichever systems there are at the time."""
    for capability in ("hcm", "crm", "directory"):

        @app.get(f"/{capability}/v1/{{name}}/{{domain}}")
        async def records(name: str, domain: str, changed_since: str | None = None) -> Response:
            return systems[name].answer(domain, changed_since)
