"""The stand-in as an ASGI application."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse, Response

from deploy.sandboxes.redmine import entries, wire
from deploy.sandboxes.redmine.store import (
    APPROVAL_FIELD,
    Project,
    Store,
    TimeEntry,
    User,
)
from shared.values import Clock, SystemClock


class Refused(Exception):
    """401, 403 and 404 have empty bodies."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def create_sandbox(clock: Clock | None = None) -> FastAPI:
    """A Redmine with an administrator (key ``redmine-key-admin``) and nothing else.

    ``app.state.store`` is a :class:`Store`: tests add people and projects there.
    """
    app = FastAPI(title="Redmine stand-in (not certified)", openapi_url=None)
    app.state.store = Store(clock or SystemClock())
    for register in (_people, _projects, _lists, _entries):
        register(app)
    app.middleware("http")(_misbehave)
    app.exception_handler(Refused)(_refused)
    app.exception_handler(entries.Invalid)(_invalid)
    return app


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _caller(request: Request, x_redmine_api_key: Annotated[str, Header()] = "") -> User:
    user = _store(request).user_of_key(x_redmine_api_key)
    if user is None:
        raise Refused(401)
    return user


StoreHere = Annotated[Store, Depends(_store)]
Caller = Annotated[User, Depends(_caller)]
Fields = Annotated[dict[str, Any], Body(embed=True)]


def _people(app: FastAPI) -> None:
    @app.get("/users/current.json")
    async def current(caller: Caller) -> dict[str, Any]:
        body = wire.user(caller, whole=True) | {"api_key": caller.api_key}
        return {"user": body}

    @app.get("/users/{number}.json")
    async def user(number: int, store: StoreHere, caller: Caller) -> dict[str, Any]:
        if number not in store.users:
            raise Refused(404)
        whole = caller.admin or caller.id == number
        return {"user": wire.user(store.users[number], whole=whole)}

    @app.get("/users.json")
    async def users(
        store: StoreHere, caller: Caller, offset: int = 0, limit: int = 25
    ) -> dict[str, Any]:
        if not caller.admin:
            raise Refused(403)
        found = [wire.user(each, whole=True) for each in store.users.values()]
        return wire.page("users", found, offset, limit)


def _projects(app: FastAPI) -> None:
    @app.get("/projects.json")
    async def projects(
        store: StoreHere, caller: Caller, offset: int = 0, limit: int = 25
    ) -> dict[str, Any]:
        del caller
        found = [wire.project(each) for each in store.projects.values() if not each.archived]
        return wire.page("projects", found, offset, limit)

    @app.get("/projects/{name}.json")
    async def project(name: str, store: StoreHere, caller: Caller) -> dict[str, Any]:
        del caller
        return {"project": wire.project(_open_project(store, name))}

    @app.put("/projects/{name}/{act}.json")
    async def archive(name: str, act: str, store: StoreHere, caller: Caller) -> Response:
        found = store.project_named(name)
        if not caller.admin or found is None or act not in ("archive", "unarchive"):
            raise Refused(404 if found is None else 403)
        found.archived = act == "archive"
        return Response(status_code=204)


def _lists(app: FastAPI) -> None:
    @app.get("/enumerations/time_entry_activities.json")
    async def activities(store: StoreHere, caller: Caller) -> dict[str, Any]:
        del caller
        found = [{"id": each.id, "name": each.name} for each in store.activities.values()]
        return {"time_entry_activities": found}

    @app.get("/custom_fields.json")
    async def custom_fields(store: StoreHere, caller: Caller) -> dict[str, Any]:
        if not caller.admin:
            raise Refused(403)
        values = [{"value": each, "label": each} for each in store.approval_values]
        approval = {
            "id": APPROVAL_FIELD,
            "name": "Approval state",
            "customized_type": "time_entry",
            "field_format": "list",
            "possible_values": values,
        }
        return {"custom_fields": [approval]}


def _entries(app: FastAPI) -> None:
    @app.get("/time_entries.json")
    async def time_entries(
        request: Request, store: StoreHere, caller: Caller, offset: int = 0, limit: int = 25
    ) -> dict[str, Any]:
        query = dict(request.query_params)
        if name := query.get("project_id"):
            _open_project(store, name)
        found = [wire.entry(each) for each in entries.listed(store, caller, query)]
        return wire.page("time_entries", found, offset, limit)

    @app.post("/time_entries.json", status_code=201)
    async def create(store: StoreHere, caller: Caller, time_entry: Fields) -> dict[str, Any]:
        return {"time_entry": wire.entry(entries.created(store, caller, time_entry))}

    @app.get("/time_entries/{number}.json")
    async def read(number: int, store: StoreHere, caller: Caller) -> dict[str, Any]:
        return {"time_entry": wire.entry(_visible(store, caller, number))}

    @app.put("/time_entries/{number}.json")
    async def change(number: int, store: StoreHere, caller: Caller, time_entry: Fields) -> Response:
        entries.change(store, _visible(store, caller, number), time_entry)
        return Response(status_code=204)

    @app.delete("/time_entries/{number}.json")
    async def delete(number: int, store: StoreHere, caller: Caller) -> Response:
        del store.entries[_visible(store, caller, number).id]
        return Response(status_code=204)


def _open_project(store: Store, name: str) -> Project:
    """Whatever names an archived project is forbidden, lists included."""
    found = store.project_named(name)
    if found is None:
        raise Refused(404)
    if found.archived:
        raise Refused(403)
    return found


def _visible(store: Store, caller: User, number: int) -> TimeEntry:
    entry = store.entries.get(number)
    if entry is None:
        raise Refused(404)
    if not entries.may_see(caller, entry):
        raise Refused(403)
    return entry


async def _misbehave(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    faults = _store(request).faults
    if faults.rate_limited:
        faults.rate_limited -= 1
        return Response(status_code=429, headers={"Retry-After": "1"})
    if faults.server_errors:
        faults.server_errors -= 1
        return Response("<h1>Internal error</h1>", 500, media_type="text/html")
    return await call_next(request)


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return Response(status_code=error.status)


async def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, entries.Invalid):
        raise error
    return JSONResponse({"errors": error.errors}, 422)
