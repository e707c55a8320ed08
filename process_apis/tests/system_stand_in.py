"""A system tier in memory, over real HTTP: a tracker, an ERP, and faults on demand.

It speaks the system tier's contracts and nothing else. Its ERP ignores repeated keys, so that a
resend that should not have happened shows as a second line.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from process_apis.tests.other_systems import OtherSystem, serve

Json = dict[str, Any]

TRACKER, ERP = "clockify-main", "tryton-main"
LISTED_AT_ONCE = 2
# Faults of which only the lines from a place on are struck, and what these meet.
_FROM_A_LINE_ON = {"throttle after": "retry:throttled", "late after": "retry:late"}


@dataclass
class StandIn:
    """State that tests set and look at.

    :param post_faults: taken one by one by the next posts: "commit then drop", "drop",
        "commit then status:<code>", "status:<code>", "retry" (for a reason of the line's own),
        "retry:<class>", "reject:<class>", "hours differ", "say nothing", "no line",
        "twice", "throttle after:<lines>", "late after:<lines>" (not begun in time),
        "clip" (negative hours become none without a word).
    :param down: the fault of every post, as long as it is set and no other is waiting.
    :param retry_after: seconds that refusals "for now" ask to wait.
    :param limits: further abilities of the ERP, such as its rate.
    :param unreadable_minutes: a posting of so many minutes breaks the contract of the tier.
    :param spoiled: lines, by their ids, for which reading and looking up answer 500.
    :param hold: where calls wait while it is set: "post", "post after commit", "look up",
        "read entries", "read approvals", "sweep", "list entries"; `held` says that one has come
        there, `reached` names the places where any ever has.
    :param read_again: ids that were asked for, in order.
    :param on_told: what being told changes in an entry; then its webhook fires (`fired`).
    :param others: names of further connections, with what they are; `other_systems` behind them.
    :param archived: entries that are in no list, and that reads by id neither give nor deny.
    :param odd: entries that lists name as unreadable.
    :param given: what the tracker was given of masters, by its own ids; people's own, too.
    :param give_faults: taken one by one by the next calls that give it any: "drop" after all was
        done, "status:<code>", "refuse" (each of the call).
    :param takes_charges: the ERP keeps what clients are billed, as it is told.
    :param bills_at: the ERP bills by itself, at so much an hour.
    :param costs: the ERP says that an hour costs so much.
    :param approves: the tracker's ability: "period", "entry" or "none".
    """

    entries: dict[str, Json] = field(default_factory=dict)
    approvals: dict[str, Json] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    lines: list[Json] = field(default_factory=list)
    deleted: list[Json] = field(default_factory=list)
    history: list[Json] = field(default_factory=list)
    last_id: int = 0
    masters: dict[str, list[Json]] = field(default_factory=dict)
    other_masters: dict[str, list[Json]] = field(default_factory=dict)
    masters_status: int = 200
    erp_status: int = 200
    post_faults: list[str] = field(default_factory=list)
    down: str = ""
    retry_after: int | None = None
    unreadable_minutes: int = -1
    limits: Json = field(default_factory=dict)
    lookup_status: int = 200
    spoiled: set[str] = field(default_factory=set)
    read_status: int = 200
    can_look_up: bool = True
    can_read: bool = True
    reversal_modes: list[str] = field(default_factory=lambda: ["negative_line"])
    keeps_accounting_dates: bool = False
    books_into: str | None = None
    settle_seconds: int = 0
    feedback: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    read_again: list[str] = field(default_factory=list)
    traceparents: dict[str, str] = field(default_factory=dict)
    hold: str = ""
    held: Event = field(default_factory=Event)
    reached: set[str] = field(default_factory=set)
    posts: list[Json] = field(default_factory=list)
    feedback_fault: str = ""
    on_told: Callable[[Json], None] | None = None
    fired: list[str] = field(default_factory=list)
    sweep_status: int = 200
    list_status: int = 200
    lists: bool = True
    change_feed: bool = True
    lists_everything: bool = True
    archived: set[str] = field(default_factory=set)
    odd: set[str] = field(default_factory=set)
    given: dict[str, Json] = field(default_factory=dict)
    give_faults: list[str] = field(default_factory=list)
    takes_charges: bool = False
    bills_at: Decimal | None = None
    costs: Decimal | None = None
    approves: str = "period"
    unreadable: bool = True
    erps: dict[str, list[str]] = field(default_factory=lambda: {ERP: ["HRC-US"]})
    trackers: dict[str, list[str]] = field(default_factory=lambda: {TRACKER: ["HRC-US"]})
    others: dict[str, str] = field(default_factory=dict)
    other_systems: dict[str, OtherSystem] = field(default_factory=dict)
    timezone: str = "UTC"
    url: str = ""

    async def wait_at(self, place: str) -> None:
        """Wait here as long as a test wants it."""
        while self.hold == place:
            self.held.set()
            self.reached.add(place)
            await asyncio.sleep(0.01)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def note(request: Request, call_next: Any) -> Response:
            self.calls.append(f"{request.method} {request.url.path}")
            self.traceparents[request.url.path] = request.headers.get("traceparent", "")
            if not request.headers.get("authorization", "").startswith("Bearer "):
                return JSONResponse({"code": "unauthenticated"}, 401)
            response: Response = await call_next(request)
            return response

        self._connections(app)
        self._tracker(app)
        self._erp(app)
        serve(app, self.other_systems)
        return app

    def _connections(self, app: FastAPI) -> None:
        @app.get("/v1/connections")
        async def connections() -> Json:
            return {
                "connections": [
                    *(
                        _connection(name, "clockify", "time_tracking", entities, self.timezone)
                        for name, entities in self.trackers.items()
                    ),
                    *(
                        _connection(name, "tryton", "erp", entities)
                        for name, entities in self.erps.items()
                    ),
                    *(
                        _connection(name, "made-up", capability, ["HRC-US"])
                        for name, capability in self.others.items()
                    ),
                ]
            }

        @app.get("/health")
        async def health() -> Json:
            return {"status": "ok"}

    def _tracker(self, app: FastAPI) -> None:
        base = f"/time-tracking/v1/{TRACKER}"

        @app.get(base + "/abilities")
        async def abilities() -> Json:
            return {
                "approvals": self.approves,
                "change_feed": self.change_feed,
                "listing": self.lists,
                "max_lookup": 200,
            }

        @app.post(base + "/entries/lookup")
        async def entries(body: Json) -> Response:
            await self.wait_at("read entries")
            if self.read_status != 200:
                return JSONResponse({"code": "upstream_unavailable"}, self.read_status)
            ids = body["ids"]
            self.read_again += ids
            found = [self.entries[each] for each in ids if each in self.entries]
            missing = [each for each in ids if each not in self.entries]
            found = [each for each in found if each["external_id"] not in self.archived]
            return JSONResponse({"entries": found, "missing": missing})

        @app.get(base + "/entries")
        async def listing(first_day: str, last_day: str, cursor: int = 0) -> Response:
            await self.wait_at("list entries")
            if self.list_status != 200:
                return JSONResponse({"code": "upstream_unavailable"}, self.list_status)
            rows = [
                each
                for each in self.entries.values()
                if first_day <= each["work_date"] <= last_day
                and each["external_id"] not in self.archived
            ]
            some = rows[cursor : cursor + LISTED_AT_ONCE]
            last = cursor + LISTED_AT_ONCE >= len(rows)
            ids = [each["external_id"] for each in some]
            return JSONResponse(
                {
                    "entries": [each for each in some if each["external_id"] not in self.odd],
                    "unreadable": [each for each in ids if each in self.odd],
                    "next_cursor": None if last else str(cursor + LISTED_AT_ONCE),
                    "complete": last and self.lists_everything,
                }
            )

        @app.post(base + "/approvals/lookup")
        async def approvals(body: Json) -> Json:
            ids = body["ids"]
            await self.wait_at("read approvals")
            return {
                "approvals": [self._approval(each) for each in ids if each in self.approvals],
                "missing": [each for each in ids if each not in self.approvals],
            }

        @app.get(base + "/approvals")
        async def window() -> Response:
            await self.wait_at("sweep")
            if self.sweep_status != 200:
                return JSONResponse({"code": "upstream_unavailable"}, self.sweep_status)
            approvals = [self._approval(each) for each in self.approvals]
            return JSONResponse({"approvals": approvals, "next_cursor": None})

        @app.get(base + "/entries/changes")
        async def changes() -> Json:
            rows = [
                {
                    "external_id": each,
                    "change": "CHANGED" if each in self.entries else "DELETED",
                    "entry": None,
                }
                for each in self.changed
            ]
            return {"changes": rows, "next_cursor": None}

        @app.post(base + "/feedback")
        async def feedback(body: Json) -> Json:
            self.feedback.extend(body["items"])
            for each in body["items"]:
                if self.on_told and each["external_id"] in self.entries:
                    self.on_told(self.entries[each["external_id"]])
                    self.fired.append(each["external_id"])
            results = [
                {"external_id": each["external_id"], "status": "delivered", "message": None}
                for each in reversed(body["items"])
            ]
            if self.feedback_fault == "one is missing":
                results = results[1:]
            return {"results": results}

        @app.post(base + "/masters")
        async def take(body: Json) -> Response:
            await self.wait_at("give")
            fault = self.give_faults.pop(0) if self.give_faults else ""
            if fault.startswith("status:"):
                return self._refusal(int(fault.partition(":")[2]))
            outcomes = [self._take(item, fault) for item in body["items"]]
            await self.wait_at("give after commit")
            if fault == "drop":
                return Response(
                    b"{", headers={"content-length": "1"}, media_type="application/json"
                )
            return JSONResponse({"outcomes": outcomes})

        @app.post(base + "/webhooks/parse")
        async def parse(body: Json) -> Response:
            if self.unreadable:
                return JSONResponse({"code": "unreadable", "detail": "still unreadable"}, 422)
            event = {
                "type": "timepost.time_entry.changed.v1",
                "subject": "e1",
                "delivery_id": None,
                "occurred_at": None,
                "change": "CHANGED",
                "entry": None,
            }
            return JSONResponse({"events": [event]})

        @app.post("/hcm/v1/{hcm}/webhooks/parse")
        async def parse_hcm(hcm: str) -> Response:
            hint = {"type": "timepost.master.changed.v1", "domain": "workers", "subject": "7"}
            return JSONResponse({"events": [{**hint, "change": "CHANGED", "connection": hcm}]})

    def _take(self, item: Json, fault: str) -> Json:
        """By its id, else by its name within its parent; what has no reference is people's."""
        told = {"kind": item["kind"], "reference": item["reference"], "message": None}
        if fault == "refuse":
            return {**told, "status": "refused", "external_id": None, "message": "no such right"}
        place = ("kind", "client_id", "project_id")
        key = item["external_id"] or next(
            (
                known
                for known, there in self.given.items()
                if all(there.get(name) == item[name] for name in place)
                and there["name"] in (item["name"], *item["known_as"])
            ),
            None,
        )
        if key is not None and self.given[key].get("reference") != item["reference"]:
            return {**told, "status": "taken", "external_id": key, "message": "made by people"}
        if key is None:
            key = f"m{len(self.given) + 1}"
        self.given[key] = dict(item)
        return {**told, "status": "done", "external_id": key}

    def _approval(self, approval_id: str) -> Json:
        approval = self.approvals[approval_id]
        covered = [self.entries[each] for each in approval["covers"] if each in self.entries]
        known = {name: value for name, value in approval.items() if name != "covers"}
        return {**known, "entries": covered}

    def _erp(self, app: FastAPI) -> None:
        base = "/erp/v1/{erp}"

        @app.get(base + "/abilities")
        async def abilities() -> Response:
            if self.erp_status != 200:
                return JSONResponse({"code": "not_ready"}, self.erp_status)
            return JSONResponse(
                {
                    "max_batch": 50,
                    "readback": self.can_read,
                    "lookup": self.can_look_up,
                    "reversal_modes": self.reversal_modes,
                    "settle_seconds": self.settle_seconds,
                    **self.limits,
                }
            )

        @app.post(base + "/repairs")
        async def repairs(body: Json) -> Response:
            return OtherSystem(self.masters).repair(body)

        @app.post(base + "/postings")
        async def post(erp: str, body: Json) -> Response:
            await self.wait_at("post")
            self.posts.append(body)
            fault = self.post_faults.pop(0) if self.post_faults else self.down
            if fault.startswith("status:"):
                return self._refusal(int(fault.partition(":")[2]))
            if any(item["minutes"] == self.unreadable_minutes for item in body["items"]):
                return JSONResponse({"code": "validation_failed", "detail": "minutes"}, 422)
            outcomes = []
            for place, item in enumerate(body["items"]):
                kind, _, rest = fault.partition(":")
                struck = kind in _FROM_A_LINE_ON and place >= int(rest)
                met = _FROM_A_LINE_ON[kind] if struck else fault
                outcomes.append(self._post_one(erp, item, met))
            await self.wait_at("post after commit")
            if fault.startswith("commit then status:"):
                return JSONResponse({"code": "internal_error"}, int(fault.partition(":")[2]))
            if fault == "say nothing":
                outcomes = []
            if fault in ("commit then drop", "drop"):
                # An answer that ends in the middle: the caller cannot know what happened.
                return Response(
                    b"{", headers={"content-length": "1"}, media_type="application/json"
                )
            return JSONResponse({"outcomes": outcomes})

        @app.post(base + "/postings/lookup")
        async def look_up(body: Json) -> Response:
            await self.wait_at("look up")
            if self.lookup_status != 200:
                return JSONResponse({"code": "upstream_unavailable"}, self.lookup_status)
            keys = {item["posting_key"] for item in body["items"]}
            lines = [line for line in self.lines if line["posting_key"] in keys]
            if self.spoiled & {line["external_id"] for line in lines}:
                return JSONResponse({"code": "unexpected"}, 500)
            missing = sorted(keys - {line["posting_key"] for line in lines})
            return JSONResponse({"lines": lines, "missing": missing})

        @app.post(base + "/postings/read")
        async def read(body: Json) -> Response:
            await self.wait_at("read lines")
            if self.lookup_status != 200:
                return JSONResponse({"code": "upstream_unavailable"}, self.lookup_status)
            by_id = {line["external_id"]: line for line in self.lines}
            wanted = body["external_ids"]
            if self.spoiled & set(wanted):
                return JSONResponse({"code": "unexpected"}, 500)
            return JSONResponse(
                {
                    "lines": [by_id[each] for each in wanted if each in by_id],
                    "missing": [each for each in wanted if each not in by_id],
                }
            )

        for domain in ("legal-entities", "workers", "clients", "projects", "tasks", "periods"):
            self._domain(app, base, domain)

    def _refusal(self, status: int) -> Response:
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return JSONResponse({"code": "not_ready"}, status, headers)

    def _domain(self, app: FastAPI, base: str, domain: str) -> None:
        @app.get(f"{base}/{domain}")
        async def records(erp: str) -> Response:
            if self.masters_status != 200:
                return JSONResponse({"code": "upstream_unavailable"}, self.masters_status)
            masters = self.masters if erp == ERP else self.other_masters
            return JSONResponse({"items": masters.get(domain, []), "next_cursor": None})

    def _post_one(self, erp: str, item: Json, fault: str) -> Json:
        key = item["posting_key"]
        if fault.partition(":")[0] == "retry":
            kind = fault.partition(":")[2] or "stale_version"
            error = _error(kind, "busy", retriable=True)
            if kind == "late":
                error |= {"error_class": "unavailable", "vendor_code": "deadline_passed"}
            error["retry_after_seconds"] = self.retry_after
            return {"posting_key": key, "status": "retry", "line": None, "error": error}
        if fault.startswith("reject:"):
            error = _error(fault.partition(":")[2], "it will not do", retriable=False)
            return {"posting_key": key, "status": "rejected", "line": None, "error": error}
        if item.get("operation", "post") != "post":
            return self._change_one(item, fault)
        self.last_id += 1
        line = self._line_of(item, str(self.last_id)) | {"erp": erp}
        if self.books_into is not None:
            line["accounting_date"] = self.books_into
        if fault == "hours differ":
            line["minutes"] -= 60
        if fault == "clip":
            line["minutes"] = max(line["minutes"], 0)
        if fault != "drop":
            self.lines.append(line)
        if fault == "twice":
            self.last_id += 1
            self.lines.append({**line, "external_id": str(self.last_id)})
        if fault == "no line":
            return {"posting_key": key, "status": "posted", "line": None, "error": None}
        return {"posting_key": key, "status": "posted", "line": line, "error": None}

    def _line_of(self, item: Json, external_id: str) -> Json:
        names = ("posting_key", "legal_entity_id", "worker_id", "project_id", "task_id")
        charge = item.get("charge")
        return {
            "external_id": external_id,
            **{name: item[name] for name in (*names, "work_date", "minutes")},
            "accounting_date": item["accounting_date"] if self.keeps_accounting_dates else None,
            "invoiced": "none",
            "version": None,
            "bill_amount": charge["amount"] if charge and self.takes_charges else None,
            "bill_rate": str(self.bills_at) if self.bills_at is not None else None,
            "cost_rate": str(self.costs) if self.costs is not None else None,
        }

    def _change_one(self, item: Json, fault: str) -> Json:
        """A delete or an update of a line, refused while an invoice holds it."""
        key = item["posting_key"]
        line = next(
            (each for each in self.lines if each["external_id"] == item["target_line"]), None
        )
        if line is not None and (refusal := _refusal(line, item)):
            error = _error(refusal, "it may not be changed", retriable=False)
            return {"posting_key": key, "status": "rejected", "line": None, "error": error}
        if fault == "drop":
            return {}
        if item["operation"] == "delete":
            if line is not None:
                self.lines.remove(line)
                self.deleted.append(line)
            status = "posted" if line is not None else "already_posted"
            return {"posting_key": key, "status": status, "line": None, "error": None}
        assert line is not None
        self.history.append(dict(line))
        line |= self._line_of(item, line["external_id"])
        return {"posting_key": key, "status": "posted", "line": line, "error": None}


def _refusal(line: Json, item: Json) -> str | None:
    if line["invoiced"] != "none":
        return "invoiced_locked"
    return "stale_version" if line["posting_key"] != item["target_key"] else None


def _connection(
    name: str, connector: str, capability: str, entities: list[str], timezone: str = "UTC"
) -> Json:
    return {
        "name": name,
        "connector": connector,
        "title": connector.title(),
        "capability": capability,
        "legal_entities": entities,
        "timezone": timezone,
    }


def _error(error_class: str, message: str, *, retriable: bool) -> Json:
    return {
        "error_class": error_class,
        "vendor_code": "UserError",
        "vendor_message": message,
        "retriable": retriable,
        "retry_after_seconds": None,
    }


@contextmanager
def served(stand_in: StandIn) -> Iterator[StandIn]:
    """Serve it on a port of its own until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stand_in.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(stand_in.app(), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            stand_in.hold = ""  # or the server would wait for the calls that wait
            server.should_exit = True
            thread.join()
