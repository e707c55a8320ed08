"""The ERP itself: hours, masters, and its own idea of what is an error."""

import hmac
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from deploy.sandboxes.http_json_erp.wire import Call, Reply, in_json

Json = dict[str, Any]
Fault = Literal["commit_then_drop", "commit_then_500", "drop", "429", "500", "503", "garbage", "ok"]

_NEEDED = ("reference", "employee", "date", "hours")
_LISTS = ("employees", "customers", "projects", "tasks", "periods")


@dataclass
class Behaviour:
    """What the ERP does beside posting; `PUT /_sandbox/behaviour` changes it.

    :param delay_ms: how long every answer takes.
    :param honours_keys: a repeated Idempotency-Key (or reference, in a batch) gets the first
        answer again.
    :param faults: taken one by one by the next calls that post.
    :param ignores_query: `GET /hours?reference=` gives all lines.
    :param ignores_paging: every page is the first.
    :param checks_employees: refuses employees that are not among the masters.
    :param negative_hours: takes them, refuses them, or silently makes them zero.
    :param away: answers 503 to everything.
    """

    delay_ms: float = 0.0
    honours_keys: bool = True
    faults: list[Fault] = field(default_factory=list)
    ignores_query: bool = False
    ignores_paging: bool = False
    checks_employees: bool = False
    negative_hours: Literal["take", "refuse", "clip"] = "take"
    away: bool = False


@dataclass
class OwnErp:
    """State of one stand-in.

    :param bearer: callers have to send this; None takes anyone.
    """

    bearer: str | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    lines: list[Json] = field(default_factory=list)
    masters: dict[str, list[Json]] = field(default_factory=lambda: {each: [] for each in _LISTS})
    received: list[Json] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    by_key: dict[str, Json] = field(default_factory=dict)
    by_reference: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    deleted: list[Json] = field(default_factory=list)
    last_id: int = 0

    def answer(self, call: Call) -> Reply:
        """The answer to a call; acts before it answers, like the real thing."""
        if call.path.startswith("/_sandbox/"):
            return self._control(call)
        self.calls[f"{call.method} {call.path.split('/')[1]}"] += 1
        delay = self.behaviour.delay_ms / 1000
        if self.behaviour.away:
            return in_json(503, _error("AWAY", "Come back later."), delay=delay)
        given = call.headers.get("authorization", "")
        if self.bearer is not None and not hmac.compare_digest(given, f"Bearer {self.bearer}"):
            return in_json(401, _error("NO_ACCESS", "Who are you?"), delay=delay)
        if call.method != "GET":
            return self._written(call, delay)
        reply = self._read(call)
        return replace(reply, delay=delay)

    # ---- posting

    def _written(self, call: Call, delay: float) -> Reply:
        act = self._act_of(call)
        if act is None:
            return in_json(404, _error("NO_SUCH_PATH", call.path))
        fault = self.behaviour.faults.pop(0) if self.behaviour.faults else "ok"
        reply = _broken_before(fault) or _broken_after(fault, act(call))
        return replace(reply, delay=delay)

    def _act_of(self, call: Call) -> Callable[[Call], Reply] | None:
        if call.method == "POST":
            return {"/hours": self._post_line, "/hours/batch": self._post_batch}.get(call.path)
        if call.path.startswith("/hours/"):
            return {"DELETE": self._delete_line, "PUT": self._put_line}.get(call.method)
        return None

    def _delete_line(self, call: Call) -> Reply:
        line, refusal = self._free_line(call)
        if line is None:
            return refusal
        self.lines.remove(line)
        self.by_reference[line["reference"]].remove(line)
        self.deleted.append(line)
        return Reply(204, b"")

    def _put_line(self, call: Call) -> Reply:
        line, refusal = self._free_line(call)
        if line is None:
            return refusal
        document = call.json()
        if found := self._refusal(document):
            return in_json(422, found)
        kept = {name: value for name, value in line.items() if name != "history"}
        self.by_reference[line["reference"]].remove(line)
        line.update(document, history=[*line.get("history", []), kept])
        self.by_reference[line["reference"]].append(line)
        return in_json(200, line)

    def _free_line(self, call: Call) -> tuple[Json | None, Reply]:
        """The line of the path, if it is there and on no invoice; else the refusal."""
        line = self._line(call.path.rpartition("/")[2])
        if line is None:
            return None, in_json(404, _error("NO_LINE", call.path))
        if line.get("invoice", "none") != "none":
            return None, in_json(422, _error("INVOICED", "The line is on an invoice."))
        return line, Reply(200, b"")

    def _line(self, number: str) -> Json | None:
        return next((each for each in self.lines if str(each["id"]) == number), None)

    def _post_line(self, call: Call) -> Reply:
        try:
            document = call.json()
        except ValueError:
            return in_json(400, _error("NOT_JSON", "This is no JSON."))
        status, answer = self._take(document, call.headers.get("idempotency-key"))
        return in_json(status, answer)

    def _post_batch(self, call: Call) -> Reply:
        results = []
        for document in call.json()["lines"]:
            status, answer = self._take(document, document.get("reference"))
            told = {"error": answer["error"]} if "error" in answer else {"line": answer}
            results.append({"reference": document.get("reference"), "status": status, **told})
        return in_json(200, {"results": results})

    def _take(self, document: Json, key: str | None) -> tuple[int, Json]:
        self.received.append(document)
        if self.behaviour.honours_keys and key is not None and key in self.by_key:
            return 200, self.by_key[key]
        if refusal := self._refusal(document):
            return 422, refusal
        # Seconds since the epoch: benchmarks measure how long an entry was on its way.
        self.last_id += 1
        line = {"id": self.last_id, "taken_at": time.time(), **document}
        if self.behaviour.negative_hours == "clip":
            line["hours"] = max(line["hours"], 0)
        self.lines.append(line)
        self.by_reference[document["reference"]].append(line)
        if key is not None:
            self.by_key.setdefault(key, line)
        return 201, line

    def _refusal(self, document: Json) -> Json | None:
        for name in _NEEDED:
            if name not in document:
                return _error("INVALID", f"{name} is missing")
        if document["hours"] < 0 and self.behaviour.negative_hours == "refuse":
            return _error("INVALID", "hours must not be negative")
        if self.behaviour.checks_employees and not any(
            each["id"] == document["employee"] for each in self.masters["employees"]
        ):
            return _error("UNKNOWN_EMPLOYEE", f"No employee {document['employee']}")
        day = document.get("period", document["date"])
        for period in self.masters["periods"]:
            if period["closed"] and period["from"] <= day <= period["to"]:
                return _error("PERIOD_CLOSED", f"{period['id']} is closed")
        if "refuse me" in document.get("text", ""):
            return _error("ODD", f'The text "{document["text"]}" is not to our taste')
        return None

    # ---- reading

    def _read(self, call: Call) -> Reply:
        _, name, *rest = call.path.split("/")
        if name == "hours" and rest:
            line = self._line(rest[0])
            return in_json(200, line) if line else in_json(404, _error("NO_LINE", rest[0]))
        if name == "hours":
            return in_json(200, {"items": self._found(call.query.get("reference"))})
        if name not in self.masters:
            return in_json(404, _error("NO_SUCH_PATH", call.path))
        everything = self.masters[name]
        size = min(int(call.query.get("per_page", len(everything) or 1)), 100)
        page = 1 if self.behaviour.ignores_paging else int(call.query.get("page", 1))
        if "per_page" not in call.query:
            return in_json(200, {"items": everything})
        return in_json(200, {"items": everything[(page - 1) * size : page * size]})

    def _found(self, reference: str | None) -> list[Json]:
        if self.behaviour.ignores_query:
            return self.lines
        return self.by_reference.get(reference or "", [])

    # ---- control

    def _control(self, call: Call) -> Reply:
        controls: dict[str, Callable[[Call], Any]] = {
            "PUT /_sandbox/behaviour": lambda asked: self._behave(asked.json()),
            "PUT /_sandbox/invoice": lambda asked: self._invoice(**asked.json()),
            "PUT /_sandbox/masters": lambda asked: self.masters.update(asked.json()),
            "POST /_sandbox/reset": lambda _: self._reset(),
            "GET /_sandbox/lines": lambda _: self.lines,
            "GET /_sandbox/deleted": lambda _: self.deleted,
            "GET /_sandbox/received": lambda _: self.received,
            "GET /_sandbox/summary": lambda _: self.summary(),
        }
        act = controls.get(f"{call.method} {call.path}")
        if act is None:
            return in_json(404, _error("NO_SUCH_PATH", call.path))
        return in_json(200, act(call))

    def summary(self) -> Json:
        """Counts; `duplicates` are lines beyond the first of a reference."""
        return {
            "lines": len(self.lines),
            "references": len(self.by_reference),
            "duplicates": len(self.lines) - len(self.by_reference),
            "received": len(self.received),
            "calls": dict(self.calls),
        }

    def _invoice(self, line: str, state: str) -> None:
        """What billing does: `draft`, `invoiced`, or `none` again."""
        if found := self._line(line):
            found["invoice"] = state

    def _behave(self, wanted: Json) -> None:
        known = {each.name for each in fields(Behaviour)}
        for name, value in wanted.items():
            if name in known:
                setattr(self.behaviour, name, value)

    def _reset(self) -> None:
        self.lines.clear()
        self.deleted.clear()
        self.received.clear()
        self.calls.clear()
        self.by_key.clear()
        self.by_reference.clear()
        self.behaviour = Behaviour()


def _broken_before(fault: Fault) -> Reply | None:
    """What happens instead of posting; None if nothing does."""
    match fault:
        case "drop":
            return Reply(0, b"", dropped=True)
        case "429":
            document = _error("SLOW_DOWN", "Too many calls.")
            return in_json(429, document, headers={"retry-after": "1"})
        case "500" | "503":
            return Reply(int(fault), b"<h1>Something broke</h1>")
    return None


def _broken_after(fault: Fault, reply: Reply) -> Reply:
    """What becomes of the answer after the lines were posted."""
    match fault:
        case "commit_then_drop":
            return Reply(0, b"", dropped=True)
        case "commit_then_500":
            return Reply(500, b"<h1>Something broke late</h1>")
        case "garbage":
            return Reply(200, b"<html>Please sign in</html>")
    return reply


def _error(code: str, message: str) -> Json:
    return {"error": {"code": code, "message": message}}
