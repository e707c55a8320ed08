"""The stand-in as an ASGI application."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from deploy.sandboxes.hubspot import search, wire
from deploy.sandboxes.hubspot.store import Kind, Record, Store
from shared.values import Clock, SystemClock

Json = dict[str, Any]

_MOST_ROWS = 100

router = APIRouter()


class NotThere(Exception):
    """404."""


def create_sandbox(clock: Clock | None = None) -> FastAPI:
    """An empty account.

    ``app.state.store`` is a :class:`Store`: tests add companies and deals there.
    """
    app = FastAPI(title="HubSpot stand-in (not certified)", openapi_url=None)
    app.state.store = Store(clock or SystemClock())
    app.include_router(router)
    app.middleware("http")(_guard)
    app.exception_handler(NotThere)(_not_there)
    app.exception_handler(search.Refused)(_refused)
    return app


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _record(request: Request, kind: Kind, number: str) -> Record:
    found = _store(request).records[kind].get(int(number)) if number.isdigit() else None
    if found is None or found.archived_at:
        raise NotThere
    return found


@router.get("/crm/v3/objects/{kind}")
async def list_objects(request: Request, kind: Kind) -> Response:
    store, query = _store(request), request.query_params
    limit = int(query.get("limit", "10"))
    if limit > _MOST_ROWS:
        return JSONResponse(wire.error("VALIDATION_ERROR", "limit must be at most 100"), 400)
    is_bin = query.get("archived", "").lower() == "true"
    found = store.archived(kind) if is_bin else store.living(kind)
    return JSONResponse(wire.page(kind, found, query.get("after"), limit, _wanted(request)))


@router.post("/crm/v3/objects/{kind}")
async def create(request: Request, kind: Kind, body: Json) -> Response:
    made = _store(request).add(kind, **body["properties"])
    return JSONResponse(wire.record(made, kind, list(body["properties"])), 201)


@router.post("/crm/v3/objects/{kind}/search")
async def search_objects(request: Request, kind: Kind, body: Json) -> Response:
    store = _store(request)
    found = search.find(store.indexed(kind), body, store.most_hits)
    start, limit = int(body.get("after") or 0), int(body.get("limit") or 10)
    rows = found[start : start + limit]
    wanted = body.get("properties") or []
    answer: Json = {
        "total": len(found),
        "results": [wire.record(each, kind, wanted) for each in rows],
    }
    if start + limit < len(found):
        answer |= wire.paging(str(start + limit))
    return JSONResponse(answer)


@router.post("/crm/v3/objects/{kind}/merge")
async def merge(request: Request, kind: Kind, body: Json) -> Response:
    kept = _record(request, kind, body["primaryObjectId"])
    _store(request).merge(kind, kept, _record(request, kind, body["objectIdToMerge"]))
    return JSONResponse(wire.record(kept, kind, []))


@router.get("/crm/v3/objects/{kind}/{number}")
async def read(request: Request, kind: Kind, number: str) -> Response:
    return JSONResponse(wire.record(_record(request, kind, number), kind, _wanted(request)))


@router.patch("/crm/v3/objects/{kind}/{number}")
async def change(request: Request, kind: Kind, number: str, body: Json) -> Response:
    found = _record(request, kind, number)
    _store(request).change(found, **body["properties"])
    return JSONResponse(wire.record(found, kind, list(body["properties"])))


@router.delete("/crm/v3/objects/{kind}/{number}")
async def archive(request: Request, kind: Kind, number: str) -> Response:
    _store(request).archive(_record(request, kind, number))
    return Response(status_code=204)


@router.get("/crm/v3/owners")
@router.get("/crm/v3/owners/")
async def owners(request: Request) -> Response:
    query = request.query_params
    start, limit = int(query.get("after") or 0), int(query.get("limit", "100"))
    everybody = _store(request).owners if query.get("archived", "").lower() != "true" else []
    answer: Json = {"results": [wire.owner(each) for each in everybody[start : start + limit]]}
    if start + limit < len(everybody):
        answer |= wire.paging(str(start + limit))
    return JSONResponse(answer)


@router.get("/crm/v3/pipelines/deals")
async def pipelines() -> Response:
    return JSONResponse(wire.pipelines())


@router.post("/crm/v4/associations/deals/companies/batch/read")
async def associations(request: Request, body: Json) -> Response:
    """207 as soon as one of them has none."""
    store = _store(request)
    asked = [str(each["id"]) for each in body["inputs"]]
    of = {each: store.companies_of.get(int(each), []) for each in asked}
    missing = [wire.no_association(each) for each in asked if not of[each]]
    answer: Json = {
        "status": "COMPLETE",
        "results": [wire.associations(each, of[each]) for each in asked if of[each]],
        "startedAt": wire.instant(store.now()),
        "completedAt": wire.instant(store.now()),
    }
    if missing:
        answer |= {"numErrors": len(missing), "errors": missing}
    return JSONResponse(answer, 207 if missing else 200)


def _wanted(request: Request) -> list[str]:
    """Repeated or in one list with commas."""
    given = request.query_params.getlist("properties")
    return [name for each in given for name in each.split(",")]


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    store = _store(request)
    store.requests.append(f"{request.method} {request.url.path}?{request.url.query}")
    return _fault(request, store) or await call_next(request)


def _fault(request: Request, store: Store) -> Response | None:
    faults = store.faults
    if faults.unavailable:
        faults.unavailable -= 1
        return Response("<h1>502 Bad Gateway</h1>", 502, media_type="text/html")
    if faults.migrating:
        faults.migrating -= 1
        return Response(status_code=477, headers={"Retry-After": "3600"})
    if request.headers.get("authorization") != f"Bearer {store.token}":
        return JSONResponse(
            wire.error("INVALID_AUTHENTICATION", "Authentication credentials not found."), 401
        )
    if faults.rate_limited:
        policy = faults.rate_limited.pop(0)
        more = {"errorType": "RATE_LIMIT", "policyName": policy}
        return JSONResponse(wire.error("RATE_LIMITS", "You have reached your limit.", **more), 429)
    if any(f"/{each}" in request.url.path for each in faults.missing_scopes):
        return JSONResponse(wire.error("MISSING_SCOPES", "The app has not been granted it."), 403)
    return None


async def _not_there(_: Request, __: Exception) -> Response:
    return JSONResponse(wire.error("OBJECT_NOT_FOUND", "Object not found."), 404)


async def _refused(_: Request, error: Exception) -> Response:
    return JSONResponse(wire.error("VALIDATION_ERROR", str(error)), 400)
