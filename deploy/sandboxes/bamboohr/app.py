"""The stand-in as an ASGI application."""

import base64
import binascii
import json
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from datetime import datetime

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from deploy.sandboxes.bamboohr import wire
from deploy.sandboxes.bamboohr.store import COMPANY, Employee, Store
from shared.values import Clock, SystemClock

_NEW, _OLD = "/api/v1", f"/api/gateway.php/{COMPANY}/v1"
_MOST = 2500

router = APIRouter()


class Refused(Exception):
    """An answer without a body: why stands in a header."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def create_sandbox(clock: Clock | None = None) -> FastAPI:
    """The account of the company ``haldenridge``, without employees.

    ``app.state.store`` is a :class:`Store`: tests add people there.
    """
    app = FastAPI(title="BambooHR stand-in (not certified)", openapi_url=None)
    app.state.store = Store(clock or SystemClock())
    for prefix in (_NEW, _OLD):
        app.include_router(router, prefix=prefix)
    app.middleware("http")(_guard)
    app.exception_handler(Refused)(_refused)
    return app


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _known(request: Request, number: str) -> Employee:
    employee = _store(request).employees.get(int(number)) if number.isdigit() else None
    if employee is None:
        raise Refused(404, "Employee not found")
    return employee


@router.get("/employees")
async def list_employees(request: Request) -> Response:
    """Ascending by id. A cursor whose employee is gone is refused."""
    store, query = _store(request), request.query_params
    wanted = query.get("filter[ids]")
    ids = {int(each) for each in wanted.split(",")} if wanted else None
    found = [
        each for number, each in sorted(store.employees.items()) if ids is None or number in ids
    ]
    total = len(found)
    if after := query.get("page[after]"):
        boundary = wire.number_of(after)
        if boundary is None or boundary not in {each.id for each in found}:
            return _bad("BadPage", "The page cursor is not valid any more.")
        found = [each for each in found if each.id > boundary]
    size = min(int(query.get("page[limit]", "250")), _MOST)
    page, more = found[:size], len(found) > size
    fields = set(query.get("fields", "").split(","))
    following = wire.cursor(page[-1].id) if more else None
    return JSONResponse(
        {
            "data": [wire.listed(store, each, fields) for each in page],
            "meta": {"total": total, "page": {"nextCursor": following, "prevCursor": None}},
            "_links": {"self": {"href": str(request.url)}},
        }
    )


@router.get("/employees/changed")
@router.get("/employees/changed/")
async def changed(request: Request) -> Response:
    store = _store(request)
    since, kind = _since(request), request.query_params.get("type", "all").lower()
    told = {
        str(number): {"id": str(number), "action": action, "lastChanged": wire.instant(when)}
        for number, (action, when) in store.changes.items()
        if when >= since and kind in ("all", action.lower())
    }
    latest = max((each["lastChanged"] for each in told.values()), default=None)
    return JSONResponse({"latest": latest, "employees": told or []})


@router.get("/employees/changed/tables/{table}")
async def changed_table(request: Request, table: str) -> Response:
    store, since = _store(request), _since(request)
    if table != "jobInfo":
        raise Refused(404, "Table not found")
    told = {
        str(number): {
            "lastChanged": wire.instant(store.changes[number][1]),
            "rows": [wire.job_row(store, row) for row in employee.job],
        }
        for number, employee in store.employees.items()
        if store.changes[number][1] >= since
    }
    return JSONResponse({"table": table, "employees": told or []})


@router.get("/employees/all/tables/{table}")
async def whole_table(request: Request, table: str) -> Response:
    store = _store(request)
    if table != "jobInfo":
        raise Refused(404, "Table not found")
    return JSONResponse(
        [
            {"id": f"{number}{place}", "employeeId": str(number), **wire.job_row(store, row)}
            for number, employee in store.employees.items()
            for place, row in enumerate(employee.job)
        ]
    )


@router.get("/employees/directory")
async def directory(request: Request) -> Response:
    store = _store(request)
    fields = ["displayName", "firstName", "lastName", "jobTitle", "department", "workEmail"]
    active = [each for each in store.employees.values() if each.values["status"] == "Active"]
    return JSONResponse(
        {
            "fields": [{"id": name, "type": "text", "name": name} for name in fields],
            "employees": [wire.single(store, each, fields) for each in active],
        }
    )


@router.get("/employees/{number}")
async def employee(request: Request, number: str) -> Response:
    fields = request.query_params.get("fields", "").split(",")
    return JSONResponse(wire.single(_store(request), _known(request, number), fields))


@router.post("/employees/{number}")
async def update(request: Request, number: str) -> Response:
    """JSON or XML. A field that the user may not write is left out without a word."""
    store, body = _store(request), await request.body()
    is_json = request.headers.get("content-type", "").startswith("application/json")
    given = json.loads(body) if is_json else _fields(body)
    allowed = {name: value for name, value in given.items() if name not in store.faults.read_only}
    store.change(_known(request, number), **allowed)
    return Response(status_code=200)


@router.post("/employees/")
async def create(request: Request) -> Response:
    values = _fields(await request.body())
    first, last = values.pop("firstName", None), values.pop("lastName", None)
    if not first or not last:
        raise Refused(400, "firstName and lastName are required")
    made = _store(request).add_employee(first, last, **values)
    return Response(status_code=201, headers={"Location": f"{request.url}{made.id}"})


@router.get("/meta/lists")
@router.get("/meta/lists/")
async def lists(request: Request) -> Response:
    return JSONResponse(wire.lists(_store(request)))


def _fields(body: bytes) -> dict[str, str | None]:
    try:
        root = ET.fromstring(body)  # noqa: S314 - only tests talk to it
    except ET.ParseError:
        raise Refused(400, "Malformed XML") from None
    return {str(each.get("id")): each.text for each in root.iter("field")}


def _since(request: Request) -> datetime:
    try:
        return datetime.fromisoformat(request.query_params["since"])
    except (KeyError, ValueError):
        raise Refused(400, "since is missing or malformed") from None


def _bad(code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, 400)


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    store = _store(request)
    store.requests.append(f"{request.method} {request.url.path}?{request.url.query}")
    faults = store.faults
    if faults.rate_limited:
        faults.rate_limited -= 1
        return Response(status_code=429, headers={"Retry-After": "17"})
    if faults.throttled_as_before:
        faults.throttled_as_before -= 1
        return Response(status_code=503, headers={"Retry-After": "23"})
    if faults.unavailable:
        faults.unavailable -= 1
        return Response("<h1>503 Service Unavailable</h1>", 503, media_type="text/html")
    if _user(request) != store.api_key:
        return Response(status_code=401)
    return await call_next(request)


def _user(request: Request) -> str:
    """User name of basic authentication: the key; the password is anything."""
    scheme, _, proof = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(proof).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return Response(status_code=error.status, headers={"X-BambooHR-Error-Message": error.reason})
