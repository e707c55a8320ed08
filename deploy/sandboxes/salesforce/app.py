"""The stand-in as an ASGI application."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from deploy.sandboxes.salesforce import soql
from deploy.sandboxes.salesforce.store import Record, Store
from shared.values import Clock, SystemClock

USER, PASSWORD = "timepost@haldenridge.example", "passwordtoken"
APP = ("consumer-key", "consumer-secret")

_DATA = "/services/data/v{version}"

router = APIRouter()


class Refused(Exception):
    """A list with one error, which is how Salesforce answers."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def create_sandbox(clock: Clock | None = None) -> FastAPI:
    """An empty org.

    ``app.state.store`` is a :class:`Store`: tests add accounts and opportunities there.
    """
    app = FastAPI(title="Salesforce stand-in (not certified)", openapi_url=None)
    app.state.store = Store(clock or SystemClock())
    app.include_router(router)
    app.middleware("http")(_guard)
    app.exception_handler(Refused)(_refused)
    app.exception_handler(soql.Refused)(_misread)
    return app


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


@router.post("/services/oauth2/token")
async def token(request: Request) -> Response:
    """Both grants; the app proves itself by basic authentication or in the form."""
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if _app_of(request, form) != APP:
        return _no_grant("invalid_client", "invalid client credentials")
    grant = form.get("grant_type")
    if grant == "password" and (form.get("username"), form.get("password")) != (USER, PASSWORD):
        return _no_grant("invalid_grant", "authentication failure")
    if grant not in ("password", "client_credentials"):
        return _no_grant("unsupported_grant_type", "grant type not supported")
    store = _store(request)
    session = f"00DHd!{secrets.token_urlsafe(16)}"
    store.sessions.add(session)
    instance = store.instance_url or str(request.base_url).rstrip("/")
    return JSONResponse(
        {
            "access_token": session,
            "instance_url": instance,
            "id": f"{instance}/id/00DHd/005Hd",
            "token_type": "Bearer",
            "issued_at": str(int(store.now().timestamp() * 1000)),
            "signature": "made-up",
        }
    )


@router.get(_DATA + "/query")
@router.get(_DATA + "/query/")
async def query(request: Request, version: str) -> Response:
    return _answer(request, version, with_deleted=False)


@router.get(_DATA + "/queryAll")
@router.get(_DATA + "/queryAll/")
async def query_all(request: Request, version: str) -> Response:
    return _answer(request, version, with_deleted=True)


def _answer(request: Request, version: str, *, with_deleted: bool) -> Response:
    store = _store(request)
    asked = soql.read(request.query_params.get("q", ""), store)
    rows = soql.run(asked, store, with_deleted=with_deleted)
    return JSONResponse(_batch(store, version, rows, len(rows)))


@router.get(_DATA + "/query/{locator}")
@router.get(_DATA + "/queryAll/{locator}")
async def query_more(request: Request, version: str, locator: str) -> Response:
    store = _store(request)
    if locator not in store.locators:
        raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    rows = store.locators.pop(locator)
    return JSONResponse(_batch(store, version, rows, len(rows)))


def _batch(store: Store, version: str, rows: list[dict[str, Any]], total: int) -> dict[str, Any]:
    """Salesforce decides how many rows an answer has."""
    now, later = rows[: store.faults.split_after], rows[store.faults.split_after :]
    body: dict[str, Any] = {"totalSize": total, "done": not later, "records": now}
    if later:
        locator = f"01gHd{store.next_number():010}-{len(now)}"
        store.locators[locator] = later
        body["nextRecordsUrl"] = f"/services/data/v{version}/query/{locator}"
    return body


@router.get(_DATA + "/limits")
@router.get(_DATA + "/limits/")
async def limits(request: Request) -> Response:
    store = _store(request)
    daily = {"Max": store.most_calls, "Remaining": store.most_calls - store.calls}
    return JSONResponse({"DailyApiRequests": daily})


@router.post(_DATA + "/sobjects/{kind}")
@router.post(_DATA + "/sobjects/{kind}/")
async def create(request: Request, kind: str, body: dict[str, Any]) -> Response:
    made = _store(request).add(kind, **body)
    return JSONResponse({"id": made.id, "success": True, "errors": []}, 201)


@router.patch(_DATA + "/sobjects/{kind}/{number}")
async def change(request: Request, kind: str, number: str, body: dict[str, Any]) -> Response:
    _store(request).change(_known(request, kind, number), **body)
    return Response(status_code=204)


@router.delete(_DATA + "/sobjects/{kind}/{number}")
async def delete(request: Request, kind: str, number: str) -> Response:
    _store(request).delete(_known(request, kind, number))
    return Response(status_code=204)


def _known(request: Request, kind: str, number: str) -> Record:
    found = _store(request).records.get(number)
    if found is None or found.deleted or found.kind != kind:
        raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
    return found


def _app_of(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, proof = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        name, _, secret = base64.b64decode(proof).decode().partition(":")
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _no_grant(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    store = _store(request)
    store.requests.append(f"{request.method} {request.url.path}?{request.url.query}")
    if not request.url.path.startswith("/services/data/"):
        return await call_next(request)
    try:
        _refuse_by_faults(request, store)
    except Refused as refusal:
        answer = await _refused(request, refusal)
    else:
        answer = await call_next(request)
    answer.headers["Sforce-Limit-Info"] = f"api-usage={store.calls}/{store.most_calls}"
    return answer


def _refuse_by_faults(request: Request, store: Store) -> None:
    faults = store.faults
    if faults.unavailable:
        faults.unavailable -= 1
        raise Refused(503, "SERVER_UNAVAILABLE", "Server is under maintenance.")
    session = request.headers.get("authorization", "").removeprefix("Bearer ")
    if session not in store.sessions or session in faults.expired:
        raise Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
    if faults.concurrent:
        faults.concurrent -= 1
        raise Refused(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        )
    if store.calls >= store.most_calls:
        raise Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    store.calls += 1


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return JSONResponse([{"message": str(error), "errorCode": error.code}], error.status)


async def _misread(_: Request, error: Exception) -> Response:
    if not isinstance(error, soql.Refused):
        raise error
    return JSONResponse([{"message": str(error), "errorCode": error.code}], 400)
