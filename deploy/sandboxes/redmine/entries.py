"""Time entries: who sees them, how they are filtered, and what a change does."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from deploy.sandboxes.redmine.store import APPROVAL_FIELD, Store, TimeEntry, User
from deploy.sandboxes.redmine.wire import date_of, hours_of

_LONG_AGO, _FAR_OFF = date(1, 1, 1), date(9999, 12, 31)


class Invalid(Exception):
    """422 with Redmine's sentences."""

    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


def may_see(store_user: User, entry: TimeEntry) -> bool:
    """Entries of an archived project are nobody's to see, but they are still there."""
    own_or_admin = store_user.admin or entry.user.id == store_user.id
    return own_or_admin and not entry.project.archived


def listed(store: Store, user: User, query: Mapping[str, str]) -> list[TimeEntry]:
    """Filters that Redmine does not know are ignored without a word: `updated_on` is one, and so
    is `sort=updated_on`."""
    first, last = _days(query)
    found = [
        entry
        for entry in store.entries.values()
        if may_see(user, entry)
        and first <= entry.spent_on <= last
        and query.get("project_id", str(entry.project.id))
        in (str(entry.project.id), entry.project.identifier)
        and all(query.get(name, value) == value for name, value in _filters(entry).items())
    ]
    if query.get("sort") == "hours":
        return sorted(found, key=lambda e: (e.hours, e.id))
    return sorted(found, key=lambda e: (e.spent_on, e.created_on, e.id), reverse=True)


def _filters(entry: TimeEntry) -> dict[str, str]:
    return {
        "user_id": str(entry.user.id),
        "activity_id": str(entry.activity.id),
        f"cf_{APPROVAL_FIELD}": entry.approval,
    }


def created(store: Store, user: User, body: Mapping[str, Any]) -> TimeEntry:
    """
    :raises Invalid: a field is missing or wrong.
    """
    project = store.project_named(str(body.get("project_id", "")))
    activity = store.activities.get(int(body.get("activity_id") or 0))
    hours, spent_on = (
        hours_of(body.get("hours")),
        date_of(body.get("spent_on") or store.now().date()),
    )
    owner = store.users.get(int(body.get("user_id") or user.id))
    if not (project and activity and owner and spent_on) or hours is None or hours < 0:
        raise Invalid("Hours is invalid" if hours is None else "Activity cannot be blank")
    now = store.now()
    number = store.next_id()
    entry = TimeEntry(number, project, owner, activity, hours, spent_on, now, now)
    entry.comments, entry.issue = str(body.get("comments", "")), body.get("issue_id")
    _set_approval(store, entry, body)
    store.entries[number] = entry
    return entry


def change(store: Store, entry: TimeEntry, body: Mapping[str, Any]) -> None:
    """Any change moves `updated_on`, also one of the custom field alone.

    :raises Invalid: a value is wrong; then nothing is changed.
    """
    hours = hours_of(body["hours"]) if "hours" in body else entry.hours
    spent_on = date_of(body["spent_on"]) if "spent_on" in body else entry.spent_on
    if hours is None or spent_on is None:
        raise Invalid("Hours is invalid" if hours is None else "Date is not a valid date")
    before = (entry.hours, entry.spent_on, entry.comments, entry.approval)
    _set_approval(store, entry, body)
    entry.hours, entry.spent_on = hours, spent_on
    entry.comments = str(body.get("comments", entry.comments))
    if before != (entry.hours, entry.spent_on, entry.comments, entry.approval):
        entry.updated_on = store.now()


def _set_approval(store: Store, entry: TimeEntry, body: Mapping[str, Any]) -> None:
    if store.faults.field_is_read_only:
        return
    for each in body.get("custom_fields", []):
        if int(each["id"]) == APPROVAL_FIELD:
            if each["value"] not in store.approval_values:
                raise Invalid("Approval state is not included in the list")
            entry.approval = each["value"]


def _days(query: Mapping[str, str]) -> tuple[date, date]:
    """`from` and `to`, or `spent_on` with its operators, ends included."""
    first, last = date_of(query.get("from", "")), date_of(query.get("to", ""))
    asked = query.get("spent_on", "")
    if asked.startswith("><"):
        start, _, end = asked[2:].partition("|")
        first, last = date_of(start), date_of(end)
    elif asked.startswith(">="):
        first = date_of(asked[2:])
    elif asked.startswith("<="):
        last = date_of(asked[2:])
    elif day := date_of(asked):
        first = last = day
    return first or _LONG_AGO, last or _FAR_OFF
