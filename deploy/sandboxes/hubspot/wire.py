"""HubSpot's JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from deploy.sandboxes.hubspot.store import STAGES, Owner, Record

DEFAULTS = {
    "companies": ("name", "domain", "createdate", "hs_lastmodifieddate", "hs_object_id"),
    "deals": (
        "dealname", "amount", "closedate", "dealstage", "pipeline", "createdate",
        "hs_lastmodifieddate", "hs_object_id",
    ),
}  # fmt: skip


def record(found: Record, kind: str, wanted: Sequence[str]) -> dict[str, Any]:
    """Properties that were not asked for are left out; some come in any case."""
    names = dict.fromkeys([*DEFAULTS[kind], *wanted])
    body: dict[str, Any] = {
        "id": str(found.id),
        "properties": {name: property_of(found, name) for name in names if name},
        "createdAt": instant(found.created),
        "updatedAt": instant(found.updated),
        "archived": found.archived_at is not None,
    }
    return body | {"archivedAt": instant(found.archived_at)} if found.archived_at else body


def property_of(found: Record, name: str) -> str | None:
    own = {
        "hs_object_id": str(found.id),
        "createdate": instant(found.created),
        "hs_lastmodifieddate": instant(found.updated),
    }
    return own.get(name, found.properties.get(name))


def page(
    kind: str, found: Sequence[Record], after: str | None, limit: int, wanted: Sequence[str]
) -> dict[str, Any]:
    """Ascending by id; ``after`` is the last id of the page before."""
    rest = [each for each in found if each.id > int(after or 0)]
    rows = rest[:limit]
    body: dict[str, Any] = {"results": [record(each, kind, wanted) for each in rows]}
    return body | paging(str(rows[-1].id)) if len(rest) > limit else body


def paging(after: str) -> dict[str, Any]:
    return {"paging": {"next": {"after": after, "link": f"https://api.hubapi.com/?after={after}"}}}


def owner(found: Owner) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "email": found.email,
        "firstName": found.first_name,
        "lastName": found.last_name,
        "userId": found.id + 1,
        "type": "PERSON",
        "createdAt": "2020-01-01T00:00:00.000Z",
        "updatedAt": "2020-01-01T00:00:00.000Z",
        "archived": False,
    }


def pipelines() -> dict[str, Any]:
    stages = [
        {
            "id": name,
            "label": label,
            "displayOrder": place,
            "metadata": {"isClosed": str(closed).lower(), "probability": probability},
            "createdAt": "2020-01-01T00:00:00.000Z",
            "updatedAt": "2020-01-01T00:00:00.000Z",
            "archived": False,
        }
        for place, (name, label, closed, probability) in enumerate(STAGES)
    ]
    pipeline = {
        "id": "default",
        "label": "Sales Pipeline",
        "displayOrder": 0,
        "stages": stages,
        "createdAt": "2020-01-01T00:00:00.000Z",
        "updatedAt": "2020-01-01T00:00:00.000Z",
        "archived": False,
    }
    return {"results": [pipeline]}


def associations(deal_id: str, companies: Sequence[tuple[int, bool]]) -> dict[str, Any]:
    """The unlabelled type stands beside `Primary`."""
    plain = {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}
    first = {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"}
    return {
        "from": {"id": deal_id},
        "to": [
            {"toObjectId": number, "associationTypes": [plain, first] if primary else [plain]}
            for number, primary in companies
        ],
    }


def no_association(deal_id: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": "No company is associated with the deal.",
        "context": {"fromObjectId": [deal_id], "fromObjectType": ["deal"]},
    }


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def error(category: str, message: str, **more: Any) -> dict[str, Any]:
    return {"status": "error", "category": category, "message": message, **more}
