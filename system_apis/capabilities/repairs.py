"""Wire contract of repairs, alike in all capabilities whose masters can be written.

Nothing is overwritten that nobody has seen: an attribute is only written while it still says what
the caller saw. So repeating a repair changes nothing, and what people change meanwhile stays.
"""

from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from system_apis.capabilities.contract import Contract, ExternalId, Name

Kind = Literal["worker", "client"]
RepairedAttribute = Literal["name", "email", "hire_date", "termination_date", "cost_centre"]
Repairable = Literal[
    "worker.name",
    "worker.email",
    "worker.hire_date",
    "worker.termination_date",
    "worker.cost_centre",
    "client.name",
]

MOST_REPAIRS = 50
_DATES = frozenset({"hire_date", "termination_date"})


class RepairToMake(Contract):
    """What an attribute of one record is to say."""

    reference: str = Field(min_length=1, max_length=200, description="Comes back as it is.")
    kind: Kind = Field(
        description="In a directory a worker is a user, in a CRM a client an account."
    )
    external_id: ExternalId
    attribute: RepairedAttribute
    seen: Name | None = Field(
        description="What it said when it was last read; dates as in ISO 8601. If it says "
        "something else by now, nothing is written."
    )
    wanted: Name = Field(description="What its owner says.")

    @property
    def record(self) -> tuple[Kind, str]:
        return self.kind, self.external_id

    @model_validator(mode="after")
    def _dates_are_dates(self) -> Self:
        if self.attribute in _DATES:
            date.fromisoformat(self.wanted)
        return self


class RepairsToMake(Contract):
    """A batch, and until when something new may be started."""

    items: list[RepairToMake] = Field(min_length=1, max_length=MOST_REPAIRS)
    deadline: AwareDatetime


class RepairStatus(StrEnum):
    """`done`: it says what is wanted, whoever wrote that; `changed`: it says something else than
    was seen, or the record is gone, and nothing was written; `refused`: the product will not;
    `retry`: later."""

    DONE = "done"
    CHANGED = "changed"
    REFUSED = "refused"
    RETRY = "retry"


class RepairMade(Contract):
    """What became of one repair."""

    reference: str
    status: RepairStatus
    written: bool = Field(description="Something was written now; false if it said so already.")
    message: str | None = Field(default=None, max_length=500, description="Why not, in words.")


class RepairsMade(Contract):
    """One outcome per item, in order."""

    outcomes: list[RepairMade]
