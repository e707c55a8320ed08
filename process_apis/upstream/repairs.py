"""Repairs of masters as this tier asks for them; alike in all capabilities that have any."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel

from process_apis.texts import Cleaned
from process_apis.upstream.time_tracking import Read


class RepairToMake(BaseModel):
    """What an attribute of one record is to say, if it still says what was seen."""

    reference: str
    kind: str
    external_id: str
    attribute: str
    seen: str | None
    wanted: str


class RepairsToMake(BaseModel):
    items: list[RepairToMake]
    deadline: AwareDatetime


class RepairMade(Read):
    reference: Cleaned
    status: Literal["done", "changed", "refused", "retry"]
    written: bool
    message: Cleaned | None = None


class RepairsMade(Read):
    outcomes: list[RepairMade]
