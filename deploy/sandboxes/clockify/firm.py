"""The demo firm's people, clients, projects and tasks, put into a workspace of their own."""

from pydantic import BaseModel, Field

from deploy.sandboxes.clockify.records import Client, Project, Task, User, Workspace
from deploy.sandboxes.clockify.store import Store


class FirmName(BaseModel):
    name: str
    timezone: str = "UTC"


class Worker(BaseModel):
    name: str
    email: str
    timezone: str


class FirmClient(BaseModel):
    code: str
    name: str


class FirmProject(BaseModel):
    code: str
    name: str
    client: str | None = None
    tasks: list[str] = Field(default_factory=list)


class Firm(BaseModel):
    """What a time tracker knows of the firm; rates and ledgers stand in the ERP."""

    firm: FirmName
    workers: list[Worker]
    clients: list[FirmClient] = Field(default_factory=list)
    projects: list[FirmProject] = Field(default_factory=list)


class FoundedUser(BaseModel):
    """The key lets a script act as this person."""

    id: str
    api_key: str


class FoundedProject(BaseModel):
    id: str
    tasks: dict[str, str]


class Founded(BaseModel):
    """Ids by the names that people know: e-mail, client code, project code, task name."""

    workspace_id: str
    api_key: str = Field(description="Of the integration's own account, an administrator.")
    users: dict[str, FoundedUser]
    clients: dict[str, str]
    projects: dict[str, FoundedProject]


def found(store: Store, firm: Firm) -> Founded:
    """Create what is missing; a firm that is there already keeps its ids.

    API keys are made from the addresses, so that a demo can be repeated: they open nothing but
    this stand-in.
    """
    workspace = _workspace(store, firm.firm.name)
    domain = firm.workers[0].email.partition("@")[2] if firm.workers else "sandbox.example"
    account = Worker(name="Timepost", email=f"timepost@{domain}", timezone=firm.firm.timezone)
    admin = _user(store, workspace, account, admin=True)
    users = {w.email: _user(store, workspace, w, admin=False) for w in firm.workers}
    clients = {c.code: _client(store, workspace, c) for c in firm.clients}
    return Founded(
        workspace_id=workspace.id,
        api_key=admin.api_key,
        users={
            email: FoundedUser(id=user.id, api_key=user.api_key) for email, user in users.items()
        },
        clients={code: client.id for code, client in clients.items()},
        projects={p.code: _project(store, workspace, p, clients) for p in firm.projects},
    )


def _workspace(store: Store, name: str) -> Workspace:
    for workspace in store.workspaces.all():
        if workspace.name == name:
            return workspace
    return store.workspaces.put(Workspace(id=store.new_id(), name=name))


def _user(store: Store, workspace: Workspace, worker: Worker, *, admin: bool) -> User:
    for user in store.users.all():
        if (user.workspace_id, user.email) == (workspace.id, worker.email):
            return user
    return store.users.put(
        User(
            id=store.new_id(),
            workspace_id=workspace.id,
            name=worker.name,
            email=worker.email,
            time_zone=worker.timezone,
            api_key=f"sandbox-key-{worker.email}",
            admin=admin,
        )
    )


def _client(store: Store, workspace: Workspace, wanted: FirmClient) -> Client:
    for client in store.clients.all():
        if (client.workspace_id, client.name) == (workspace.id, wanted.name):
            return client
    return store.clients.put(
        Client(id=store.new_id(), workspace_id=workspace.id, name=wanted.name, note=wanted.code)
    )


def _project(
    store: Store, workspace: Workspace, wanted: FirmProject, clients: dict[str, Client]
) -> FoundedProject:
    """The business code stands in front of the name: Clockify has no field for it."""
    name = f"{wanted.code} {wanted.name}"
    client = clients.get(wanted.client or "")
    project = next(
        (p for p in store.projects.all() if (p.workspace_id, p.name) == (workspace.id, name)),
        None,
    ) or store.projects.put(
        Project(
            id=store.new_id(),
            workspace_id=workspace.id,
            name=name,
            client_id=client.id if client else None,
            billable=client is not None,
        )
    )
    known = {task.name: task.id for task in store.tasks.all() if task.project_id == project.id}
    for task_name in wanted.tasks:
        if task_name not in known:
            known[task_name] = store.tasks.put(
                Task(
                    id=store.new_id(),
                    workspace_id=workspace.id,
                    project_id=project.id,
                    name=task_name,
                )
            ).id
    return FoundedProject(id=project.id, tasks=known)
