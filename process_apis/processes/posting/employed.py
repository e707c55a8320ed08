"""Whether a worker was employed on the day of work, and where. Pure: no I/O.

What the HCM says goes before what the ERP says, attribute by attribute: the ERP has a copy.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from process_apis.processes.master_data.employment import Employment
from process_apis.processes.posting.findings import Finding


def employed(
    record: Mapping[str, Any],
    employment: Employment | None,
    day: date,
    changes_on: tuple[str, ...],
) -> Iterator[Finding]:
    """Reasons against hours of this day.

    :param record: the worker as the ERP has them.
    :param changes_on: dependency keys of that record.
    """
    hired, left = record.get("hire_date"), record.get("termination_date")
    says = "the ERP"
    if employment is not None:
        hired, left = employment.hire_date or hired, employment.termination_date or left
        says = employment.hcm
        changes_on = (employment.key, *changes_on)
    gone = record.get("vanished_at") is not None
    if gone or (hired and day < hired) or (left and day > left):
        said = "the ERP" if gone else says
        yield Finding("MD_WORKER_INACTIVE", changes_on, {"system": said})
    elif employment is not None and employment.places:
        yield from _placed(employment, day)


def _placed(employment: Employment, day: date) -> Iterator[Finding]:
    place = employment.place_on(day)
    if place is None:
        yield Finding("MD_WORKER_INACTIVE", (employment.key,), {"system": employment.hcm})
    elif not place.may_be_booked_on(day):
        keys = (place.centre_key, employment.key)
        detail = {"label": place.centre or "(without a code)", "system": employment.hcm}
        yield Finding("MD_COSTCENTRE_INVALID", keys, detail)
