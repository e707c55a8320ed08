"""Which day of the ledger a piece of work counts for. Pure: no I/O.

Four dates are never mixed: the work date, the instant of the approval, the accounting date, and
whenever it is invoiced. Only the accounting date moves, and only out of a period that is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from process_apis.upstream.erp import PeriodStatus


@dataclass(frozen=True)
class Period:
    """A period of a legal entity's calendar; calendars differ, months are only the commonest."""

    start_date: date
    end_date: date
    status: PeriodStatus

    def takes(self, *, let_in: bool) -> bool:
        """Whether anything may be dated in it; softly closed ones take what finance lets in."""
        if self.status is PeriodStatus.SOFT_CLOSED:
            return let_in
        return self.status is PeriodStatus.OPEN


def accounting_date(day: date, periods: Sequence[Period], *, let_in: bool = False) -> date | None:
    """The day itself if its period takes it, else the first day of the next one that is open.

    None if there is none. What is let into a softly closed period goes into its own, and never
    into a later one that is closed softly, too. An ERP that tells no periods closes none.
    """
    if not periods:
        return day
    for period in sorted(periods, key=lambda each: each.start_date):
        if period.end_date < day:
            continue
        is_own = period.start_date <= day
        if period.takes(let_in=let_in and is_own):
            return max(day, period.start_date)
    return None


def is_open(day: date, periods: Sequence[Period], *, let_in: bool = False) -> bool:
    """Whether lines of that day may still be changed in the ledger."""
    return accounting_date(day, periods, let_in=let_in) == day
