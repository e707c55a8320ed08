"""User of the key, workspaces, users, clients, projects, tasks, tags."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from deploy.sandboxes.clockify import wire
from deploy.sandboxes.clockify.errors import invalid, not_in_workspace
from deploy.sandboxes.clockify.paging import PageNumber, PageSize, one_page
from deploy.sandboxes.clockify.platform import (
    Caller,
    CallersWorkspace,
    Platform,
    PlatformOf,
    known_user,
)
from deploy.sandboxes.clockify.records import Client, Project, Tag, Task, Workspace
from deploy.sandboxes.clockify.wire import Json

router = APIRouter()
_WORKSPACE = "/workspaces/{workspace_id}"


class Body(BaseModel):
    """Bodies are camel case; fields that we do not model are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class UserStatusBody(Body):
    status: Literal["ACTIVE", "INACTIVE"]


class ClientBody(Body):
    name: str
    note: str | None = None
    archived: bool = False


class TaskBody(Body):
    name: str
    status: str = "ACTIVE"
    billable: bool = True


class ProjectBody(Body):
    name: str
    client_id: str | None = None
    billable: bool = True
    archived: bool = False
    note: str = ""
    tasks: list[TaskBody] = Field(default_factory=list)


class TagBody(Body):
    name: str
    archived: bool = False


@router.get("/user")
async def current_user(caller: Caller) -> Json:
    return wire.user(caller)


@router.get("/workspaces")
async def list_workspaces(caller: Caller, platform: PlatformOf) -> list[Json]:
    found = platform.store.workspaces.get(caller.workspace_id)
    return [wire.workspace(found)] if found else []


@router.get(_WORKSPACE)
async def get_workspace(workspace: CallersWorkspace) -> Json:
    return wire.workspace(workspace)


@router.get(_WORKSPACE + "/users")
async def list_users(
    *,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    email: str | None = None,
    status: str = "ACTIVE",
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> JSONResponse:
    """Without ``status=ALL`` people who left are not listed."""
    users = [
        wire.user(user)
        for user in platform.store.users.all()
        if user.workspace_id == workspace.id
        and (status == "ALL" or user.active is (status == "ACTIVE"))
        and (email is None or user.email == email)
    ]
    return one_page(users, page, page_size)


@router.put(_WORKSPACE + "/users/{user_id}")
async def change_user_status(
    user_id: str, body: UserStatusBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    """People who leave are made inactive; their time stays."""
    user = known_user(platform, workspace, user_id)
    user.active = body.status == "ACTIVE"
    return wire.user(platform.store.users.put(user))


@router.get(_WORKSPACE + "/clients")
async def list_clients(
    *,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    archived: bool | None = None,
    name: str | None = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> JSONResponse:
    clients = [
        wire.client(client)
        for client in platform.store.clients.all()
        if client.workspace_id == workspace.id
        and archived in (None, client.archived)
        and (name is None or name.lower() in client.name.lower())
    ]
    return one_page(clients, page, page_size)


@router.post(_WORKSPACE + "/clients", status_code=201)
async def create_client(
    body: ClientBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    store = platform.store
    if any(c.workspace_id == workspace.id and c.name == body.name for c in store.clients.all()):
        raise invalid(f"Client with name '{body.name}' already exists")
    fields = body.model_dump()
    return wire.client(
        store.clients.put(Client(id=store.new_id(), workspace_id=workspace.id, **fields))
    )


@router.get(_WORKSPACE + "/clients/{client_id}")
async def get_client(client_id: str, workspace: CallersWorkspace, platform: PlatformOf) -> Json:
    return wire.client(_known_client(platform, workspace, client_id))


@router.put(_WORKSPACE + "/clients/{client_id}")
async def update_client(
    client_id: str, body: ClientBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    client = _known_client(platform, workspace, client_id)
    changed = client.model_copy(update=body.model_dump(exclude_unset=True))
    return wire.client(platform.store.clients.put(changed))


@router.get(_WORKSPACE + "/projects")
async def list_projects(
    *,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    archived: bool | None = None,
    name: str | None = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> JSONResponse:
    """Leaving out ``archived`` gives both kinds."""
    projects = [
        wire.project(project, platform.store)
        for project in platform.store.projects.all()
        if project.workspace_id == workspace.id
        and archived in (None, project.archived)
        and (name is None or name.lower() in project.name.lower())
    ]
    return one_page(projects, page, page_size)


@router.post(_WORKSPACE + "/projects", status_code=201)
async def create_project(
    body: ProjectBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    store = platform.store
    _check_name(body.name)
    body.client_id = body.client_id or None
    for known in store.projects.all():
        if (known.workspace_id, known.name, known.client_id or None) == (
            workspace.id,
            body.name,
            body.client_id,
        ):
            client = store.clients.get(body.client_id)
            of = f" for client {client.name}" if client else ""
            raise invalid(f"{body.name} project{of} already exists.")
    fields = body.model_dump(exclude={"tasks"})
    project = store.projects.put(Project(id=store.new_id(), workspace_id=workspace.id, **fields))
    for task in body.tasks:
        _add_task(platform, project, task)
    return wire.project(project, store)


@router.get(_WORKSPACE + "/projects/{project_id}")
async def get_project(project_id: str, workspace: CallersWorkspace, platform: PlatformOf) -> Json:
    return wire.project(_known_project(platform, workspace, project_id), platform.store)


@router.put(_WORKSPACE + "/projects/{project_id}")
async def update_project(
    project_id: str, body: ProjectBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    project = _known_project(platform, workspace, project_id)
    _check_name(body.name)
    changed = project.model_copy(update=body.model_dump(exclude={"tasks"}, exclude_unset=True))
    return wire.project(platform.store.projects.put(changed), platform.store)


@router.get(_WORKSPACE + "/projects/{project_id}/tasks")
async def list_tasks(
    *,
    project_id: str,
    workspace: CallersWorkspace,
    platform: PlatformOf,
    is_active: Annotated[bool | None, Query(alias="is-active")] = None,
    name: str | None = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> JSONResponse:
    project = _known_project(platform, workspace, project_id)
    tasks = [
        wire.task(task)
        for task in platform.store.tasks.all()
        if task.project_id == project.id
        and is_active in (None, task.status == "ACTIVE")
        and (name is None or name.lower() in task.name.lower())
    ]
    return one_page(tasks, page, page_size)


@router.post(_WORKSPACE + "/projects/{project_id}/tasks", status_code=201)
async def create_task(
    project_id: str, body: TaskBody, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    project = _known_project(platform, workspace, project_id)
    if any(t.project_id == project.id and t.name == body.name for t in platform.store.tasks.all()):
        raise invalid(f"Task with name '{body.name}' already exists")
    return wire.task(_add_task(platform, project, body))


@router.get(_WORKSPACE + "/projects/{project_id}/tasks/{task_id}")
async def get_task(
    project_id: str, task_id: str, workspace: CallersWorkspace, platform: PlatformOf
) -> Json:
    return wire.task(_known_task(platform, workspace, project_id, task_id))


@router.put(_WORKSPACE + "/projects/{project_id}/tasks/{task_id}")
async def update_task(
    project_id: str,
    task_id: str,
    body: TaskBody,
    workspace: CallersWorkspace,
    platform: PlatformOf,
) -> Json:
    task = _known_task(platform, workspace, project_id, task_id)
    changed = task.model_copy(update=body.model_dump(exclude_unset=True))
    return wire.task(platform.store.tasks.put(changed))


@router.get(_WORKSPACE + "/tags")
async def list_tags(
    workspace: CallersWorkspace,
    platform: PlatformOf,
    archived: bool | None = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> JSONResponse:
    tags = [
        wire.tag(tag)
        for tag in platform.store.tags.all()
        if tag.workspace_id == workspace.id and archived in (None, tag.archived)
    ]
    return one_page(tags, page, page_size)


@router.post(_WORKSPACE + "/tags", status_code=201)
async def create_tag(body: TagBody, workspace: CallersWorkspace, platform: PlatformOf) -> Json:
    store = platform.store
    fields = body.model_dump()
    return wire.tag(store.tags.put(Tag(id=store.new_id(), workspace_id=workspace.id, **fields)))


def _check_name(name: str) -> None:
    if not 2 <= len(name) <= 250:
        raise invalid("Project name has to be between 2 and 250 characters long")


def _known_client(platform: Platform, workspace: Workspace, client_id: str) -> Client:
    client = platform.store.clients.get(client_id)
    if client is None or client.workspace_id != workspace.id:
        raise not_in_workspace("Client", client_id)
    return client


def _known_task(platform: Platform, workspace: Workspace, project_id: str, task_id: str) -> Task:
    project = _known_project(platform, workspace, project_id)
    task = platform.store.tasks.get(task_id)
    if task is None or task.project_id != project.id:
        raise not_in_workspace("Task", task_id)
    return task


def _known_project(platform: Platform, workspace: Workspace, project_id: str) -> Project:
    project = platform.store.projects.get(project_id)
    if project is None or project.workspace_id != workspace.id:
        raise not_in_workspace("Project", project_id)
    return project


def _add_task(platform: Platform, project: Project, body: TaskBody) -> Task:
    store = platform.store
    fields = body.model_dump()
    return store.tasks.put(
        Task(id=store.new_id(), workspace_id=project.workspace_id, project_id=project.id, **fields)
    )
