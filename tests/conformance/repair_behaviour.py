"""Rules about what a connector does that writes into copies of masters."""

import inspect
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from shared.problems import TimepostProblem
from system_apis.capabilities.connector import Port
from system_apis.capabilities.repairing import Repairer
from system_apis.capabilities.repairs import RepairStatus, RepairToMake

NAMES = {"worker": "Ada Ito", "client": "Alder Bank"}
VALUES = {
    "name": "Ada Byron",
    "email": "ada@haldenridge.example",
    "hire_date": "2024-02-01",
    "termination_date": "2026-12-31",
    "cost_centre": "4100",
}


async def repair_faults(port: Port, now: datetime) -> AsyncIterator[str]:
    """With a platform that is out of order nothing is repaired, and none of it is called so.

    After the deadline nothing is even begun.
    """
    able = await _able(port)
    if able is None:
        return
    if not isinstance(port, Repairer):
        if able:
            yield f"its abilities name the repairs {', '.join(able)}, and it has no repair"
        return
    items = [_repair(each, number) for number, each in enumerate(able)]
    if not items:
        yield "it has repair, and its abilities name no repairs"
        return
    for deadline in (now + timedelta(minutes=1), now):
        try:
            outcomes = await port.repair(items, deadline)
        except TimepostProblem:
            continue
        except Exception as error:  # noqa: BLE001 - that it raises at all is the fault
            yield f"its repair raises {type(error).__name__}"
            return
        if [each.reference for each in outcomes] != [each.reference for each in items]:
            yield "its repair does not give one outcome per item"
        if any(each.status is RepairStatus.DONE for each in outcomes):
            yield "its repair calls something done that the platform did not say"
        if deadline == now and any(each.status is not RepairStatus.RETRY for each in outcomes):
            yield "its repair begins after the deadline"


async def _able(port: Port) -> Sequence[str] | None:
    """None if the platform has to be asked, and does not say, or there are no repairs at all."""
    try:
        told = port.abilities()
        abilities = await told if inspect.isawaitable(told) else told
    except Exception:  # noqa: BLE001 - a fault of its abilities
        return None
    return getattr(abilities, "repairs", None)


def _repair(name: str, number: int) -> RepairToMake:
    kind, _, attribute = name.partition(".")
    return RepairToMake.model_validate(
        {
            "reference": str(number),
            "kind": kind,
            "external_id": "1",
            "attribute": attribute,
            "seen": NAMES[kind] if attribute == "name" else None,
            "wanted": VALUES[attribute],
        }
    )
