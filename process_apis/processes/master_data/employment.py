"""Where a worker stands, as an HCM says. Pure: no I/O."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Place:
    """One assignment.

    :param centre: the cost centre's code, for people.
    :param centre_key: dependency key of the cost centre.
    :param centre_holds: the first and last day on which the cost centre may be booked on; None if
        it may not at all.
    :param role: the job's title. :param practice: the org unit's code, or its name.
    """

    valid_from: date | None
    valid_to: date | None
    centre: str | None = None
    centre_key: str = ""
    centre_holds: tuple[date | None, date | None] | None = (None, None)
    role: str | None = None
    grade: str | None = None
    practice: str | None = None

    def covers(self, day: date) -> bool:
        return _within(day, self.valid_from, self.valid_to)

    def may_be_booked_on(self, day: date) -> bool:
        """Whether the cost centre takes hours of this day."""
        return self.centre_holds is not None and _within(day, *self.centre_holds)


@dataclass(frozen=True)
class Employment:
    """What the HCM says of one worker.

    :param key: dependency key of anything that the HCM says of them.
    :param places: in no order, without overlaps; none if the HCM has no assignments.
    """

    hcm: str
    key: str
    hire_date: date | None
    termination_date: date | None
    places: tuple[Place, ...] = ()

    def place_on(self, day: date) -> Place | None:
        return next((each for each in self.places if each.covers(day)), None)


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first or day) <= day <= (last or day)
