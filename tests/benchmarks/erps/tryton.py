"""The real Tryton of the demo, on SQLite: a private copy, and the same lines over JSON-RPC."""

import base64
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx2

from deploy.local.run_secrets import keep_secret
from deploy.local.stack import WatchedServer
from deploy.local.supervisor import Supervisor
from deploy.tryton.admin import tryton_date
from deploy.tryton.reader import TrytonReader
from deploy.tryton.server import TrytonServer
from tests.benchmarks import load
from tests.benchmarks.entries import NARRATIVE, Firm, Json
from tests.benchmarks.erps import Line

BATCH = 50
_CONNECTION = """
[[connections]]
name = "{name}"
connector = "tryton"
legal_entities = ["US01"]
[connections.options]
base_url = "{url}"
database = "{database}"
user = "{user}"
password = {{ file = "secrets/tryton-password" }}
"""


class TrytonErp:
    """Implements `Erp`. Its lines are not deleted: it tells of those since the last reset."""

    name = "bench-tryton"

    def __init__(self) -> None:
        self.firm = Firm([], [])
        self._server: TrytonServer | None = None
        self._reader: TrytonReader | None = None
        self._since = 0

    @property
    def server(self) -> TrytonServer:
        if self._server is None:
            raise RuntimeError("not started")
        return self._server

    @property
    def reader(self) -> TrytonReader:
        if self._reader is None:
            self._reader = self.server.reader()
        return self._reader

    def start(self, supervisor: Supervisor) -> None:
        self._server = server = TrytonServer(supervisor.directory / "tryton", "with_reference")
        server.start()
        supervisor.adopt("tryton", WatchedServer("tryton", server), server.pid)
        account = server.manifest["integration_user"]
        keep_secret(supervisor.directory / "secrets" / "tryton-password", account["password"])
        self.firm = firm_of(server.manifest)
        self.reset()

    def connection(self) -> str:
        return _CONNECTION.format(
            name=self.name,
            url=self.server.base_url,
            database=self.server.database,
            user=self.server.manifest["integration_user"]["login"],
        )

    def reset(self) -> None:
        newest = self.reader.call("model.timesheet.line.search", [], 0, 1, [["id", "DESC"]])
        self._since = newest[0] if newest else 0

    def line_count(self) -> int:
        found: int = self.reader.call("model.timesheet.line.search_count", self._new())
        return found

    def lines(self) -> Sequence[Line]:
        names = ["uuid", "create_date"]
        found = self.reader.call(
            "model.timesheet.line.search_read", self._new(), 0, None, None, names
        )
        return [Line(each["uuid"], _seconds(each["create_date"])) for each in found]

    async def bare(self, count: int, in_flight: int) -> float:
        return await self._bare(count, 1, in_flight)

    async def bare_batched(self, count: int, in_flight: int) -> float:
        return await self._bare(count, BATCH, in_flight)

    async def _bare(self, count: int, size: int, in_flight: int) -> float:
        account = self.server.manifest["integration_user"]
        login, password = account["login"], account["password"]
        session = RpcSession(self.server.base_url, self.server.database, login, password)
        values = [self._values(number) for number in range(count)]
        batches = [values[at : at + size] for at in range(0, count, size)]
        create = "model.timesheet.line.create"
        calls = [load.BareCall(session.document(create, each), len(each)) for each in batches]
        return await load.bare(session.url, calls, in_flight, session.headers)

    def _values(self, number: int) -> Json:
        """The line that the connector would create."""
        manifest = self.server.manifest
        email = self.firm.people[number % len(self.firm.people)]
        code, task = self.firm.works[number % len(self.firm.works)]
        return {
            "company": manifest["company"]["id"],
            "employee": next(e["id"] for e in manifest["employees"] if e["email"] == email),
            "work": _timesheet_work(manifest, code, task),
            "date": tryton_date(self.firm.day(number)),
            "duration": {"__class__": "timedelta", "seconds": 15 * 60},
            "uuid": sha256(f"bare-{self._since}-{number}".encode()).hexdigest(),
            "description": NARRATIVE,
        }

    def _new(self) -> list[Any]:
        return [["id", ">", self._since]]


class RpcSession:
    """A session as documents: what the bare loop sends is made before the clock runs."""

    def __init__(self, base_url: str, database: str, user: str, password: str) -> None:
        self.url = f"{base_url}/{database}/rpc/"
        self._ids = itertools.count(1)
        asked = {
            "id": 0,
            "method": "common.db.login",
            "params": [user, {"password": password}, "en"],
        }
        user_id, token = httpx2.post(self.url, json=asked).raise_for_status().json()["result"][:2]
        proof = base64.b64encode(f"{user}:{user_id}:{token}".encode()).decode()
        self.headers = {"Authorization": f"Session {proof}"}

    def document(self, method: str, *params: Any) -> Json:
        """The body of a call."""
        return {"id": next(self._ids), "method": method, "params": [*params, {"company": 1}]}


def firm_of(manifest: Json) -> Firm:
    """Who works there all year, and on what hours may be booked."""
    people = [each["email"] for each in manifest["employees"] if each["end_date"] is None]
    works = [
        (project["code"], task["name"])
        for project in manifest["projects"]
        if project["status"] == "open"
        for task in project["tasks"]
    ]
    return Firm(people, works)


def _timesheet_work(manifest: Json, code: str, task: str) -> int:
    (project,) = [each for each in manifest["projects"] if each["code"] == code]
    (found,) = [each["timesheet_work_id"] for each in project["tasks"] if each["name"] == task]
    return int(found)


def _seconds(moment: Json) -> float:
    """Tryton tells UTC without saying so."""
    parts = {name: value for name, value in moment.items() if name != "__class__"}
    return datetime(**parts, tzinfo=UTC).timestamp()
