"""``python -m tests.benchmarks.masters_stand_in``: a system tier with many workers and projects.

An HCM's name says how many workers it has. It tells what changed; the ERP lists all projects each
time, and one in a hundred is another from the second time on.
"""

import asyncio
from typing import Annotated, Any

import typer

from deploy.sandboxes.http_json_erp.wire import Call, HttpProtocol, Reply, in_json

ERP = "masters-erp"
ONE_IN = 100

Json = dict[str, Any]


def hcm(workers: int) -> str:
    """Name of the HCM that has so many."""
    return f"masters-hcm-{workers}"


def worker(number: int, *, changed: bool = False) -> Json:
    """One worker, in the contract's words."""
    return {
        "external_id": f"w{number}",
        "employee_number": f"N{number:06}",
        "name": f"Worker {number}" + (" renamed" if changed else ""),
        "email": f"worker.{number}@example.com",
        "kind": "EMPLOYEE",
        "status": "ACTIVE",
        "hire_date": "2020-01-01",
        "termination_date": None,
    }


def project(number: int, *, changed: bool = False) -> Json:
    """One project, likewise."""
    return {
        "external_id": f"p{number}",
        "legal_entity_id": "1",
        "code": f"HR-{number}",
        "name": f"Project {number}" + (" renamed" if changed else ""),
        "client_id": None,
        "status": "OPEN",
        "bookable": True,
        "start_date": "2026-01-01",
        "end_date": None,
    }


class MastersStandIn:
    """Lists page by page."""

    def __init__(self, sizes: list[int], projects: int) -> None:
        self._sizes = sizes
        self._projects = projects
        self._listed = 0

    def answer(self, call: Call) -> Reply:
        """The answer to a call."""
        if call.path == "/v1/connections":
            known = [(ERP, "erp"), *((hcm(size), "hcm") for size in self._sizes)]
            return in_json(200, {"connections": [_connection(*each) for each in known]})
        _, _, _, name, domain = call.path.split("/")
        if domain == "abilities":
            some = ["workers"]
            return in_json(200, {"lists": some, "deltas": some, "deletions": some})
        if domain == "workers" and name != ERP:
            return self._workers(call, int(name.rpartition("-")[2]))
        if domain == "projects":
            return self._list_projects(call)
        if domain == "legal-entities":
            entity = {"external_id": "1", "code": "US01", "name": "US", "currency": "USD"}
            return in_json(200, {"items": [entity], "next_cursor": None})
        return in_json(200, {"items": [], "next_cursor": None})

    def _workers(self, call: Call, total: int) -> Reply:
        changed = "changed_since" in call.query
        numbers = range(7, total, ONE_IN) if changed else range(total)
        some, cursor = _page(call, numbers)
        items = [worker(number, changed=changed) for number in some]
        return in_json(200, {"items": items, "next_cursor": cursor, "complete": not changed})

    def _list_projects(self, call: Call) -> Reply:
        some, cursor = _page(call, range(self._projects))
        items = [
            project(number, changed=self._listed > 0 and number % ONE_IN == 7) for number in some
        ]
        if cursor is None:
            self._listed += 1
        return in_json(200, {"items": items, "next_cursor": cursor})


def _page(call: Call, numbers: range) -> tuple[range, str | None]:
    start = int(call.query.get("cursor", 0))
    end = start + int(call.query["limit"])
    return numbers[start:end], str(end) if end < len(numbers) else None


def _connection(name: str, capability: str) -> Json:
    shown = {"name": name, "connector": "made-up", "capability": capability}
    return {**shown, "legal_entities": ["US01"], "timezone": "UTC"}


async def _serve(port: int, sizes: list[int], projects: int) -> None:
    loop = asyncio.get_running_loop()
    connected: set[asyncio.Transport] = set()
    stand_in = MastersStandIn(sizes, projects)
    server = await loop.create_server(
        lambda: HttpProtocol(stand_in.answer, connected), "127.0.0.1", port, backlog=512
    )
    await server.serve_forever()


def main(
    port: Annotated[int, typer.Option(help="Where to listen.")],
    projects: Annotated[int, typer.Option(help="How many the ERP has.")],
    workers: Annotated[list[int], typer.Option(help="How many an HCM has; one HCM for each.")],
) -> None:
    """Serve until interrupted."""
    asyncio.run(_serve(port, workers, projects))


if __name__ == "__main__":
    typer.run(main)
