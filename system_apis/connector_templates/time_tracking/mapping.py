"""Nameless's words to Timepost's. Pure: no clock, no network."""

from system_apis.capabilities.time_tracking.schemas import TimeEntry
from system_apis.connector_templates.time_tracking.platform_models import Entry


class Unmappable(Exception):
    """Something that has no place in Timepost's model; says why, without its content."""


def to_time_entry(entry: Entry, default_timezone: str) -> TimeEntry:
    """One entry.

    :raises Unmappable: it is nobody's, ends before it starts, or the like.
    """
    raise NotImplementedError(
        "Turn an Entry into a TimeEntry, with the fields that you add to platform_models.Entry. "
        "work_date is the worker's local date; minutes are whole (elapsed_minutes rounds); a "
        "project carries the business code by which the ERP knows it; a task only stands within "
        "a project, and its id is unique over all projects; a running timer is `running`; "
        "narrative texts stand in no exception."
    )
