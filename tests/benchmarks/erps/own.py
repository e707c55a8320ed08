"""The stand-in of an ERP with a REST endpoint of its own: 20 ms a call, however many at a time."""

import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import httpx2

from deploy.local.processes import Program, free_ports
from deploy.local.supervisor import Supervisor
from tests.benchmarks import load
from tests.benchmarks.entries import NARRATIVE, Firm, Json
from tests.benchmarks.erps import Line

DELAY_MS = 20
BATCH = 50
PEOPLE = 200
PROJECTS = 20
FIRM = Firm(
    people=[f"person{number}@example.com" for number in range(PEOPLE)],
    works=[(f"HR-{1000 + number}", "Build") for number in range(PROJECTS)],
)

_HERE = Path(__file__).parent


class OwnErp:
    """Implements `Erp`.

    :param batched: whether its connection posts fifty lines in one call.
    """

    name = "bench-erp"
    firm = FIRM

    def __init__(self, *, batched: bool) -> None:
        self._batched = batched
        (self._port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self, supervisor: Supervisor) -> None:
        module = "deploy.sandboxes.http_json_erp"
        command = [sys.executable, "-m", module, "--port", str(self._port)]
        supervisor.start(Program("erp", command))
        supervisor.wait_until("erp", self._answers, 30)
        httpx2.put(f"{self.url}/_sandbox/masters", json=masters()).raise_for_status()
        self.reset()

    def connection(self) -> str:
        text = (_HERE / "own.toml").read_text(encoding="utf-8")
        if self._batched:
            text += (_HERE / "own_batch.toml").read_text(encoding="utf-8")
        return Template(text).substitute(name=self.name, url=self.url)

    def reset(self) -> None:
        httpx2.post(f"{self.url}/_sandbox/reset", timeout=30).raise_for_status()
        self._behave(delay_ms=DELAY_MS)

    def go_away(self) -> None:
        """Answer 503 to everything until `come_back`."""
        self._behave(away=True)

    def come_back(self) -> None:
        """Answer as ever."""
        self._behave(away=False)

    def refuse_everybody(self) -> None:
        """Refuse every line, for a reason that masters do not tell, until `know_everybody`."""
        self._employ([])
        self._behave(checks_employees=True)

    def know_everybody(self) -> None:
        """Take lines as ever."""
        self._employ(masters()["employees"])
        self._behave(checks_employees=False)

    def line_count(self) -> int:
        return int(httpx2.get(f"{self.url}/_sandbox/summary", timeout=30).json()["lines"])

    def lines(self) -> Sequence[Line]:
        found = httpx2.get(f"{self.url}/_sandbox/lines", timeout=60).json()
        return [Line(each["reference"], float(each["taken_at"])) for each in found]

    async def bare(self, count: int, in_flight: int) -> float:
        calls = [load.BareCall(line_of(number)) for number in range(count)]
        return await load.bare(f"{self.url}/hours", calls, in_flight)

    async def bare_batched(self, count: int, in_flight: int) -> float:
        lines = [line_of(number) for number in range(count)]
        batches = [lines[at : at + BATCH] for at in range(0, count, BATCH)]
        calls = [load.BareCall({"lines": batch}, len(batch)) for batch in batches]
        return await load.bare(f"{self.url}/hours/batch", calls, in_flight)

    def _employ(self, employees: list[Json]) -> None:
        url = f"{self.url}/_sandbox/masters"
        httpx2.put(url, json={"employees": employees}, timeout=30).raise_for_status()

    def _behave(self, **behaviour: Any) -> None:
        url = f"{self.url}/_sandbox/behaviour"
        httpx2.put(url, json=behaviour, timeout=30).raise_for_status()

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/_sandbox/summary", timeout=5).is_success
        except httpx2.HTTPError:
            return False


def line_of(number: int) -> Json:
    """What the bare loop posts: the same line that the connector sends."""
    day = FIRM.day(number).isoformat()
    return {
        "reference": f"bare-{number}",
        "company": "1",
        "employee": f"E{number % PEOPLE}",
        "project": f"P{number % PROJECTS}",
        "task": f"T{number % PROJECTS}",
        "date": day,
        "period": day,
        "minutes": 15,
        "hours": 0.25,
        "text": NARRATIVE,
    }


def masters() -> dict[str, list[Json]]:
    """What this ERP knows: the people and projects of the firm."""
    return {
        "employees": [
            {"id": f"E{number}", "company": "1", "name": f"Person {number}", "email": email}
            for number, email in enumerate(FIRM.people)
        ],
        "customers": [{"id": "C1", "name": "Acme"}],
        "projects": [
            {
                "id": f"P{number}",
                "company": "1",
                "code": code,
                "name": f"{code} Project",
                "customer": "C1",
                "closed": False,
            }
            for number, (code, _) in enumerate(FIRM.works)
        ],
        "tasks": [
            {"id": f"T{number}", "project": f"P{number}", "name": task}
            for number, (_, task) in enumerate(FIRM.works)
        ],
        "periods": [
            {
                "id": "2026-H2",
                "company": "1",
                "from": "2026-07-01",
                "to": "2026-12-31",
                "closed": False,
            }
        ],
    }
