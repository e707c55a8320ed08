"""Fields of employees that are brought in line with their owner, on the stand-in."""

from datetime import timedelta

from deploy.sandboxes.bamboohr.tests.fixtures import Bamboo
from system_apis.capabilities.repairing import Repairer
from system_apis.capabilities.repairs import (
    RepairedAttribute,
    RepairMade,
    RepairStatus,
    RepairToMake,
)
from system_apis.connectors.bamboohr.tests.conftest import Open


def repair(
    number: int, attribute: RepairedAttribute, seen: str | None, wanted: str
) -> RepairToMake:
    return RepairToMake(
        reference=f"{number}-{attribute}",
        kind="worker",
        external_id=str(number),
        attribute=attribute,
        seen=seen,
        wanted=wanted,
    )


async def repaired(port: Repairer, bamboo: Bamboo, *items: RepairToMake) -> list[RepairMade]:
    return list(await port.repair(items, bamboo.clock.now() + timedelta(seconds=30)))


async def test_address_and_first_day_are_written_together(bamboo: Bamboo, open_port: Open) -> None:
    ada = bamboo.store.add_employee(
        "Ada", "Ito", workEmail="ada@old.example", hireDate="2024-01-01"
    )
    items = [
        repair(ada.id, "email", "ada@old.example", "ada@haldenridge.example"),
        repair(ada.id, "hire_date", "2024-01-01", "2024-02-01"),
    ]

    made = await repaired(open_port(), bamboo, *items)
    again = await repaired(open_port(), bamboo, *items)

    assert (ada.values["workEmail"], ada.values["hireDate"]) == (
        "ada@haldenridge.example",
        "2024-02-01",
    )
    assert {(each.status, each.written) for each in made} == {(RepairStatus.DONE, True)}
    assert {(each.status, each.written) for each in again} == {(RepairStatus.DONE, False)}
    assert sum(each.startswith("POST") for each in bamboo.store.requests) == 1


async def test_a_field_that_is_left_out_without_a_word_is_told(
    bamboo: Bamboo, open_port: Open
) -> None:
    ada = bamboo.store.add_employee(
        "Ada", "Ito", workEmail="ada@old.example", hireDate="2024-01-01"
    )
    bamboo.store.faults.read_only = {"workEmail"}

    email, hired = await repaired(
        open_port(),
        bamboo,
        repair(ada.id, "email", "ada@old.example", "ada@haldenridge.example"),
        repair(ada.id, "hire_date", "2024-01-01", "2024-02-01"),
    )

    assert (email.status, hired.status) == (RepairStatus.REFUSED, RepairStatus.DONE)
    assert email.message is not None
    assert "may not write" in email.message


async def test_throttling_and_people_who_left_the_account(bamboo: Bamboo, open_port: Open) -> None:
    item = repair(99_999, "email", "ada@old.example", "ada@haldenridge.example")
    bamboo.store.faults.rate_limited = 1

    (throttled,) = await repaired(open_port(), bamboo, item)
    (gone,) = await repaired(open_port(), bamboo, item)

    assert (throttled.status, gone.status) == (RepairStatus.RETRY, RepairStatus.CHANGED)
