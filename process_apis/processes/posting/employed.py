"""Whether a worker was employed on the day of work, and where. Pure: no I/O.

Whose word counts is configured, attribute by attribute; of whom only the ERP knows, the ERP's does.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from process_apis.processes.master_data.employment import Employment, Word
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
    if record.get("vanished_at") is not None:
        yield Finding("MD_WORKER_INACTIVE", changes_on, {"system": "the ERP"})
        return
    hired, left = _days(record, employment)
    if employment is not None:
        changes_on = (*employment.keys, *changes_on)
    for word, outside in (
        (hired, hired.day is not None and day < hired.day),
        (left, left.day is not None and day > left.day),
    ):
        if outside:
            yield Finding("MD_WORKER_INACTIVE", changes_on, {"system": word.system})
            return
    if employment is not None and employment.places:
        yield from _placed(employment, day, changes_on)


def _days(record: Mapping[str, Any], employment: Employment | None) -> tuple[Word, Word]:
    if employment is not None:
        return employment.hired, employment.left
    known = (record.get("hire_date"), record.get("termination_date"))
    return Word(known[0], "the ERP"), Word(known[1], "the ERP")


def _placed(employment: Employment, day: date, changes_on: tuple[str, ...]) -> Iterator[Finding]:
    place = employment.place_on(day)
    if place is None:
        yield Finding("MD_WORKER_INACTIVE", employment.keys, {"system": employment.hcm})
    elif place.legal_entity and employment.legal_entity not in (None, place.legal_entity):
        # Posted, the hours would stand in the books of a company they did not work for.
        said = f"{employment.hcm}, which has them at {place.legal_entity} and not at "
        detail = {"system": said + f"{employment.legal_entity}"}
        yield Finding("MD_WORKER_INACTIVE", changes_on, detail)
    elif not place.may_be_booked_on(day):
        keys = (place.centre_key, *employment.keys)
        detail = {"label": place.centre or "(without a code)", "system": employment.hcm}
        yield Finding("MD_COSTCENTRE_INVALID", keys, detail)
