"""Clients, projects and tasks made in Clockify, over real HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from deploy.sandboxes.clockify.tests.fixtures import Sandbox
from system_apis.capabilities.time_tracking.schemas import MasterKind, MasterTaken, MasterToTake
from system_apis.connectors.clockify.port import ClockifyPort

CLIENT, PROJECT, TASK = MasterKind.CLIENT, MasterKind.PROJECT, MasterKind.TASK


def master(kind: MasterKind, name: str, **more: Any) -> MasterToTake:
    facts = {"reference": f"tryton/{kind}/7", "open": True, **more}
    return MasterToTake(kind=kind, name=name, **facts)


async def take(port: ClockifyPort, sandbox: Sandbox, *items: MasterToTake) -> list[MasterTaken]:
    deadline = sandbox.clock.now() + timedelta(seconds=30)
    return list(await port.take_masters(items, deadline))


async def one(port: ClockifyPort, sandbox: Sandbox, item: MasterToTake) -> MasterTaken:
    (outcome,) = await take(port, sandbox, item)
    return outcome


def named(sandbox: Sandbox, path: str, name: str) -> list[dict[str, Any]]:
    found = sandbox.call("GET", f"{path}?page-size=500")
    return [each for each in found if each["name"] == name]


async def made(
    port: ClockifyPort, sandbox: Sandbox, *, told_before: bool = False
) -> tuple[str, str, str]:
    """A client, its project and a task of that; their ids."""
    known_as = ["Fieldwork"] if told_before else []
    client = await one(port, sandbox, master(CLIENT, "Alder Bank"))
    wanted = master(PROJECT, "HR-9001 Audit", client_id=client.external_id)
    project = await one(port, sandbox, wanted)
    fieldwork = master(TASK, "Fieldwork", project_id=project.external_id, known_as=known_as)
    task = await one(port, sandbox, fieldwork)
    assert [each.status for each in (client, project, task)] == ["done"] * 3
    return client.external_id or "", project.external_id or "", task.external_id or ""


async def test_what_is_missing_is_made_once_however_often_it_is_said(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    first = await made(port, sandbox)
    assert await made(port, sandbox, told_before=True) == first
    (project,) = named(sandbox, "/projects", "HR-9001 Audit")
    assert (project["clientName"], project["archived"]) == ("Alder Bank", False)
    assert project["note"] == "Kept by Timepost: tryton/project/7"
    assert len(named(sandbox, "/clients", "Alder Bank")) == 1
    assert len(named(sandbox, f"/projects/{first[1]}/tasks", "Fieldwork")) == 1


async def test_renamed_closed_and_reopened(sandbox: Sandbox, port: ClockifyPort) -> None:
    client, project, task = await made(port, sandbox)
    known = {"client_id": client, "external_id": project}
    for open_, name in ((False, "HR-9001 Audit"), (True, "HR-9001 Review")):
        outcome = await one(port, sandbox, master(PROJECT, name, open=open_, **known))
        assert (outcome.status, outcome.external_id) == ("done", project)
        (there,) = named(sandbox, "/projects", name)
        assert there["archived"] is not open_
    done = master(TASK, "Fieldwork", open=False, project_id=project, external_id=task)
    assert (await one(port, sandbox, done)).status == "done"
    (there,) = named(sandbox, f"/projects/{project}/tasks", "Fieldwork")
    assert there["status"] == "DONE"
    gone = master(CLIENT, "Alder Bank", open=False, external_id=client)
    assert (await one(port, sandbox, gone)).status == "done"
    assert named(sandbox, "/clients", "Alder Bank")[0]["archived"] is True


async def test_what_people_made_stays_as_it_is(sandbox: Sandbox, port: ClockifyPort) -> None:
    theirs = sandbox.call("POST", "/projects", {"name": "HR-9002 Own", "note": "mine"})
    outcome = await one(port, sandbox, master(PROJECT, "HR-9002 Own", open=False))
    assert (outcome.status, outcome.external_id) == ("taken", theirs["id"])
    by_id = master(PROJECT, "HR-9002 Other", external_id=theirs["id"])
    assert (await one(port, sandbox, by_id)).status == "taken"
    (there,) = named(sandbox, "/projects", "HR-9002 Own")
    assert (there["note"], there["archived"]) == ("mine", False)


async def test_one_that_is_refused_keeps_no_other_waiting(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    lost = master(TASK, "Fieldwork", project_id="f" * 24)
    outcomes = await take(port, sandbox, master(CLIENT, "X"), lost, master(CLIENT, "Birch AG"))
    assert [each.status for each in outcomes] == ["refused", "refused", "done"]
    assert "two letters" in (outcomes[0].message or "")


async def test_a_call_that_was_not_answered_is_found_by_its_name(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    sandbox.control("PUT", "/faults", {"fail_after_commit": 1, "method": "POST"})
    item = master(PROJECT, "HR-9003 Doubt")
    first = await one(port, sandbox, item)
    assert first.status == "retry"
    again = await one(port, sandbox, item)
    assert again.status == "done"
    assert [each["id"] for each in named(sandbox, "/projects", item.name)] == [again.external_id]


async def test_it_is_found_under_the_name_that_it_was_told_under_before(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    sandbox.control("PUT", "/faults", {"fail_after_commit": 1, "method": "POST"})
    assert (await one(port, sandbox, master(PROJECT, "HR-9004 Old name"))).status == "retry"
    renamed = master(PROJECT, "HR-9004 New name", known_as=["HR-9004 Old name"])
    assert (await one(port, sandbox, renamed)).status == "done"
    assert named(sandbox, "/projects", "HR-9004 Old name") == []
    assert len(named(sandbox, "/projects", "HR-9004 New name")) == 1


async def test_a_task_that_somebody_made_in_our_project_is_theirs(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    _, project, _ = await made(port, sandbox)
    theirs = sandbox.call("POST", f"/projects/{project}/tasks", {"name": "Lunch"})
    outcome = await one(port, sandbox, master(TASK, "Lunch", project_id=project, open=False))
    assert (outcome.status, outcome.external_id) == ("taken", theirs["id"])
    (there,) = named(sandbox, f"/projects/{project}/tasks", "Lunch")
    assert there["status"] == "ACTIVE"


async def test_two_records_of_one_name_are_told_apart(sandbox: Sandbox, port: ClockifyPort) -> None:
    first = master(CLIENT, "Granite", reference="tryton/client/1")
    second = master(CLIENT, "Granite", reference="tryton/client/12")
    assert (await one(port, sandbox, first)).status == "done"
    outcome = await one(port, sandbox, second)
    assert (outcome.status, outcome.external_id) == ("refused", None)
    assert "made for another record: tryton/client/1." in (outcome.message or "")


async def test_one_that_people_deleted_is_made_again_while_it_is_open(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    gone = master(CLIENT, "Cairn", external_id="e" * 24, open=False)
    assert (await one(port, sandbox, gone)).status == "done"
    assert named(sandbox, "/clients", "Cairn") == []
    again = await one(port, sandbox, gone.model_copy(update={"open": True}))
    assert (again.status, again.external_id != "e" * 24) == ("done", True)


async def test_throttled_the_rest_waits(sandbox: Sandbox, port: ClockifyPort) -> None:
    sandbox.control("PUT", "/faults", {"rate_limited": 1})
    outcomes = await take(port, sandbox, master(CLIENT, "Delta"), master(CLIENT, "Elm"))
    assert [each.status for each in outcomes] == ["retry", "retry"]


async def test_nothing_is_begun_after_the_deadline(sandbox: Sandbox, port: ClockifyPort) -> None:
    over = sandbox.clock.now() - timedelta(seconds=1)
    (outcome,) = await port.take_masters([master(CLIENT, "Fjord")], over)
    assert (outcome.status, outcome.message) == ("retry", "there was no time left for it")
    assert named(sandbox, "/clients", "Fjord") == []


@pytest.mark.parametrize("kind", list(MasterKind))
def test_the_abilities_say_what_it_takes(port: ClockifyPort, kind: MasterKind) -> None:
    assert kind in port.abilities().takes
