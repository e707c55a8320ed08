"""What changed in a master record, in words that a person understands. Pure: no I/O.

The words stand in the lineage of whatever waited for the change, and in its resolved case: they
name the thing as people know it, what happened to it, where and when it was read.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

Facts = Mapping[str, Any]

_DATES = {
    "start_date": ("starts on", "has no first day any more"),
    "end_date": ("ends on", "has no last day any more"),
    "hire_date": ("was hired on", "has no date of hiring any more"),
    "termination_date": ("is employed until", "has no last day any more"),
}
# What no person calls a change, and what is told in words of its own.
_SILENT = {
    *("id", "owner_connection", "owner_external_id", "updated_at", "vanished_at"),
    *("name_key", "code_key", "email_key", "number_key"),
    *("status", "bookable", "name", *_DATES),
}


def appeared(kind: str, owner: str, after: Facts, now: datetime) -> str:
    """A record that was not known."""
    return _told(kind, after, ["appeared"], owner, now)


def vanished(kind: str, owner: str, before: Facts, now: datetime) -> str:
    """A record that a complete read no longer showed."""
    return _told(kind, before, ["vanished"], owner, now)


def changed(kind: str, owner: str, before: Facts, after: Facts, now: datetime) -> str:
    """A record that is not as it was."""
    return _told(kind, after, list(_changes(before, after)) or ["changed"], owner, now)


def at(now: datetime) -> str:
    """When, for people: the day stands beside it wherever it is shown."""
    return f"{now:%H:%M} UTC"


def _told(kind: str, facts: Facts, what: list[str], owner: str, now: datetime) -> str:
    said = " and ".join([", ".join(what[:-1]), what[-1]] if len(what) > 1 else what)
    name = facts.get("code") or facts.get("name") or "without a name"
    return f"{kind.replace('_', ' ')} {name} {said} in {owner} {at(now)}"


def _changes(before: Facts, after: Facts) -> Iterator[str]:
    if before.get("vanished_at") is not None:
        yield "came back"
    if before.get("status") != after.get("status"):
        yield _of_status(before["status"], after["status"])
    if before.get("bookable") is not None and before["bookable"] != after["bookable"]:
        yield "takes hours now" if after["bookable"] else "takes no hours any more"
    for name, (until, never) in _DATES.items():
        if before.get(name) != after.get(name):
            day: date | None = after.get(name)
            yield f"{until} {day.isoformat()} now" if day else never
    if before.get("name") != after.get("name"):
        yield f"was renamed from {before.get('name')}"
    for name in sorted(after.keys() - _SILENT):
        if name in before and before[name] != after[name]:
            words = name.removesuffix("_external_id").replace("_", " ")
            yield f"has {words} {after[name] or '(none)'} instead of {before[name] or '(none)'}"


def _of_status(before: str, after: str) -> str:
    if after == "OPEN":
        return "opened" if before == "FUTURE" else "reopened"
    return {"CLOSED": "closed", "LOCKED": "was locked", "SOFT_CLOSED": "was closed softly"}.get(
        after, f"became {after.lower().replace('_', ' ')}"
    )
