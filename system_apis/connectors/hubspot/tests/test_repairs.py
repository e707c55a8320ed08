"""Names of companies that are brought in line with their owner, on the stand-in."""

from datetime import timedelta

import pytest

from deploy.sandboxes.hubspot.tests.fixtures import Hub
from shared.http_client import Request, Response
from shared.problems import UpstreamRefused
from system_apis.capabilities.repairing import Repairer
from system_apis.capabilities.repairs import RepairMade, RepairStatus, RepairToMake
from system_apis.connectors.hubspot.tests.conftest import Open, port_answering


def repair(number: int | str, seen: str | None, wanted: str) -> RepairToMake:
    return RepairToMake(
        reference=f"r-{number}",
        kind="client",
        external_id=str(number),
        attribute="name",
        seen=seen,
        wanted=wanted,
    )


async def repaired(port: Repairer, hub: Hub, *items: RepairToMake) -> list[RepairMade]:
    return list(await port.repair(items, hub.clock.now() + timedelta(seconds=30)))


async def test_a_name_is_written_once_and_found_so_the_next_time(hub: Hub, open_port: Open) -> None:
    port, item = open_port(), repair(hub.alder.id, "Alder Bank", "Alder Bank plc")

    first = await repaired(port, hub, item)
    second = await repaired(port, hub, item)

    assert hub.store.records["companies"][hub.alder.id].properties["name"] == "Alder Bank plc"
    assert [(each.status, each.written) for each in first + second] == [
        (RepairStatus.DONE, True),
        (RepairStatus.DONE, False),
    ]
    assert sum(each.startswith("PATCH") for each in hub.store.requests) == 1


async def test_what_people_changed_meanwhile_or_archived_stays(hub: Hub, open_port: Open) -> None:
    hub.store.change(hub.alder, name="Alder & Oak")
    hub.store.archive(hub.birch)

    made = await repaired(
        open_port(),
        hub,
        repair(hub.alder.id, "Alder Bank", "Alder Bank plc"),
        repair(hub.birch.id, "Birch AG", "Birch SE"),
        repair("no-number", "Birch AG", "Birch SE"),
    )

    assert [each.status for each in made] == [RepairStatus.CHANGED] * 3
    assert hub.alder.properties["name"] == "Alder & Oak"
    assert not any(each.startswith("PATCH") for each in hub.store.requests)


async def test_throttling_leaves_the_rest_for_later(hub: Hub, open_port: Open) -> None:
    hub.store.faults.rate_limited = ["SECONDLY"]
    items = [
        repair(hub.alder.id, "Alder Bank", "Alder Bank plc"),
        repair(hub.birch.id, "Birch AG", "Birch SE"),
    ]

    made = await repaired(open_port(), hub, *items)

    assert [each.status for each in made] == [RepairStatus.RETRY] * 2
    assert [each.status for each in await repaired(open_port(), hub, *items)] == [
        RepairStatus.DONE
    ] * 2


async def test_a_value_that_is_refused_and_a_scope_that_is_missing_are_told_apart(
    hub: Hub,
) -> None:
    company = {
        "id": "7",
        "properties": {"name": "Alder Bank"},
        "createdAt": "2026-11-01T00:00:00Z",
        "updatedAt": "2026-11-01T00:00:00Z",
        "archived": False,
    }

    def answering(status: int, category: str) -> object:
        def answer(request: Request) -> Response:
            if request.method == "GET":
                return Response(200, json=company)
            return Response(status, json={"category": category, "message": "secret"})

        return port_answering(answer, hub.clock)

    item = repair(7, "Alder Bank", "Alder Bank plc")
    invalid, forbidden = answering(400, "VALIDATION_ERROR"), answering(403, "MISSING_SCOPES")
    assert isinstance(invalid, Repairer)
    assert isinstance(forbidden, Repairer)

    (made,) = await repaired(invalid, hub, item)

    assert made.status is RepairStatus.REFUSED
    assert made.message == "HubSpot will not have that in this company: VALIDATION_ERROR."
    with pytest.raises(UpstreamRefused, match="403") as refused:
        await repaired(forbidden, hub, item)
    assert "crm.objects.companies.write" in refused.value.action
