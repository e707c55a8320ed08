"""Which postings go first when more wait than can be sent at once. Pure: no I/O."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import IntEnum

from process_apis.processes.posting.periods import Period
from process_apis.processes.posting.states import PostingKind

# A period that ends within so many days, or has ended and is still open, is being closed.
CLOSING = timedelta(days=2)
# Where the ERP has no periods: work older than two months is history.
HISTORY = timedelta(days=62)

# Versions that came from a file, many at a time.
UPLOAD = "upload"


class Lane(IntEnum):
    """Lanes, the first first. What has waited for long in a lower one gets a share all the same.

    `INVOICE`: billable hours of a period that is being closed: invoices wait for them.
    `CLOSING`: corrections in such a period. `BULK`: old periods, files, replays.
    """

    INVOICE = 0
    CLOSING = 1
    NORMAL = 2
    BULK = 3


def lane_of(
    kind: PostingKind,
    *,
    billable: bool,
    work_date: date,
    accounting_date: date,
    periods: Sequence[Period],
    origin: str,
    today: date,
) -> Lane:
    """The lane of a posting that is ready to be sent.

    :param origin: where the version came from.
    """
    if kind is not PostingKind.ORIGINAL:
        return of_correction(accounting_date, periods, today)
    is_late = accounting_date != work_date or (not periods and today - work_date > HISTORY)
    if is_late or origin == UPLOAD:
        return Lane.BULK
    return (
        Lane.INVOICE if billable and _is_closing(accounting_date, periods, today) else Lane.NORMAL
    )


def of_correction(accounting_date: date, periods: Sequence[Period], today: date) -> Lane:
    """The lane of what takes a line back, or replaces it."""
    return Lane.CLOSING if _is_closing(accounting_date, periods, today) else Lane.NORMAL


def _is_closing(day: date, periods: Sequence[Period], today: date) -> bool:
    return any(
        each.takes(let_in=True)
        and each.start_date <= day <= each.end_date
        and today + CLOSING >= each.end_date
        for each in periods
    )
