"""Since when, until when and where a worker is employed, as its owners say. Pure: no I/O."""

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
    :param legal_entity: its code in the ERP; None if the ERP has none that is called so.
    """

    valid_from: date | None
    valid_to: date | None
    centre: str | None = None
    centre_key: str = ""
    centre_holds: tuple[date | None, date | None] | None = (None, None)
    role: str | None = None
    grade: str | None = None
    practice: str | None = None
    legal_entity: str | None = None

    def covers(self, day: date) -> bool:
        return _within(day, self.valid_from, self.valid_to)

    def may_be_booked_on(self, day: date) -> bool:
        """Whether the cost centre takes hours of this day."""
        return self.centre_holds is not None and _within(day, *self.centre_holds)


@dataclass(frozen=True)
class Word:
    """A day, and the system whose word on it counts; None is no day."""

    day: date | None
    system: str


@dataclass(frozen=True)
class Employment:
    """What counts of one worker, where anybody but the ERP says something of them.

    :param keys: dependency keys of what others than the ERP say.
    :param hired: the first day.
    :param left: the last day, inclusive.
    :param hcm: who says where they stand.
    :param places: in no order, without overlaps; none if nobody is asked, or has any.
    :param legal_entity: code of the company whose worker the ERP's record is, if the places say
        whether that is right.
    """

    keys: tuple[str, ...]
    hired: Word
    left: Word
    hcm: str = ""
    places: tuple[Place, ...] = ()
    legal_entity: str | None = None

    def place_on(self, day: date) -> Place | None:
        return next((each for each in self.places if each.covers(day)), None)


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first or day) <= day <= (last or day)
