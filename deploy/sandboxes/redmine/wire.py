"""Redmine's JSON, and what it makes of the hours that people type."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from deploy.sandboxes.redmine.store import APPROVAL_FIELD, Project, TimeEntry, User

_HOURS_AND_MINUTES = re.compile(r"(\d+)(?::|h ?)(\d{1,2})m?$")


def entry(stored: TimeEntry) -> dict[str, Any]:
    """Ids and names of what it refers to; of an issue the id only."""
    body: dict[str, Any] = {
        "id": stored.id,
        "project": {"id": stored.project.id, "name": stored.project.name},
        "user": {"id": stored.user.id, "name": stored.user.name},
        "activity": {"id": stored.activity.id, "name": stored.activity.name},
        "hours": float(stored.hours),
        "comments": stored.comments,
        "spent_on": stored.spent_on.isoformat(),
        "created_on": _instant(stored.created_on),
        "updated_on": _instant(stored.updated_on),
        "custom_fields": [
            {"id": APPROVAL_FIELD, "name": "Approval state", "value": stored.approval}
        ],
    }
    return body if stored.issue is None else body | {"issue": {"id": stored.issue}}


def user(stored: User, *, whole: bool) -> dict[str, Any]:
    """``whole`` for administrators and the person: others do not see the address."""
    body: dict[str, Any] = {
        "id": stored.id,
        "firstname": stored.firstname,
        "lastname": stored.lastname,
    }
    own = {"login": stored.login, "admin": stored.admin, "mail": stored.mail, "status": 1}
    return body | own if whole else body


def project(stored: Project) -> dict[str, Any]:
    return {
        "id": stored.id,
        "name": stored.name,
        "identifier": stored.identifier,
        "status": 9 if stored.archived else 1,
    }


def page(name: str, items: list[dict[str, Any]], offset: int, limit: int) -> dict[str, Any]:
    """At most 100 at a time, whatever is asked for."""
    size = min(limit, 100)
    return {
        name: items[offset : offset + size],
        "total_count": len(items),
        "offset": offset,
        "limit": size,
    }


def hours_of(typed: Any) -> Decimal | None:
    """Two decimals: 1:20 is 1.33, and that is what everybody reads from then on."""
    if isinstance(typed, str) and (found := _HOURS_AND_MINUTES.fullmatch(typed.strip())):
        hours = Decimal(found[1]) + Decimal(found[2]) / 60
    else:
        try:
            hours = Decimal(str(typed))
        except ArithmeticError:
            return None
    return hours.quantize(Decimal("0.01"), ROUND_HALF_UP)


def date_of(typed: Any) -> date | None:
    try:
        return date.fromisoformat(str(typed))
    except ValueError:
        return None


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
