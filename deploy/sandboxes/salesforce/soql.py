"""As much of SOQL as reading masters needs: fields, the owner's too, conditions, order, limit."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from deploy.sandboxes.salesforce.store import Record, Store

_QUERY = re.compile(
    r"SELECT (?P<fields>[\w., ]+?) FROM (?P<kind>\w+)"
    r"(?: WHERE (?P<where>.+?))?(?: ORDER BY (?P<order>\w+)(?: ASC)?)?(?: LIMIT (?P<limit>\d+))?",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"(?P<name>\w+) ?(?P<operator>>=|>|=) ?(?P<value>'(?:[^'\\]|\\.)*'|\S+)")


class Refused(Exception):
    """400 with Salesforce's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Query:
    fields: list[str]
    kind: str
    conditions: list[tuple[str, str, Any]]
    limit: int | None


def read(text: str, store: Store) -> Query:
    """
    :raises Refused: it is no query, or names what the org does not have.
    """
    found = _QUERY.fullmatch(" ".join(text.split()))
    if found is None:
        raise Refused("MALFORMED_QUERY", "unexpected token")
    kind = found["kind"]
    if kind not in ("Account", "Opportunity", "User"):
        raise Refused("INVALID_TYPE", f"sObject type '{kind}' is not supported.")
    fields = [each.strip() for each in found["fields"].split(",")]
    conditions = [_condition(each) for each in re.split(r" AND ", found["where"] or "") if each]
    for name in [*fields, *(each[0] for each in conditions)]:
        _refuse_unknown(store, kind, name)
    return Query(fields, kind, conditions, int(found["limit"]) if found["limit"] else None)


def run(query: Query, store: Store, *, with_deleted: bool) -> list[dict[str, Any]]:
    """Rows by id, as JSON."""
    rows = [
        each
        for each in store.of(query.kind, with_deleted=with_deleted)
        if all(_meets(each, *condition) for condition in query.conditions)
    ]
    rows = rows if query.limit is None else rows[: query.limit]
    return [_row(store, each, query.fields) for each in rows]


def _condition(written: str) -> tuple[str, str, Any]:
    found = _CONDITION.fullmatch(written.strip())
    if found is None:
        raise Refused("MALFORMED_QUERY", "unexpected token in WHERE")
    return found["name"], found["operator"], _literal(found["value"])


def _literal(written: str) -> Any:
    if written.startswith("'"):
        return re.sub(r"\\(.)", r"\1", written[1:-1])
    if written.lower() in ("true", "false"):
        return written.lower() == "true"
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise Refused("MALFORMED_QUERY", "unexpected token in a value") from None


def _refuse_unknown(store: Store, kind: str, name: str) -> None:
    owner, _, inner = name.partition(".")
    known = store.fields("User") if inner else store.fields(kind)
    if (inner and owner != "Owner") or (inner or owner) not in known:
        raise Refused("INVALID_FIELD", f"No such column '{name}' on entity '{kind}'.")


def _meets(record: Record, name: str, operator: str, wanted: Any) -> bool:
    own = _value(record, name)
    if isinstance(wanted, datetime):
        own = datetime.fromisoformat(own)
    if operator == "=":
        return bool(own == wanted)
    return bool(own > wanted) if operator == ">" else bool(own >= wanted)


def _row(store: Store, record: Record, fields: list[str]) -> dict[str, Any]:
    url = f"/services/data/v62.0/sobjects/{record.kind}/{record.id}"
    row: dict[str, Any] = {"attributes": {"type": record.kind, "url": url}}
    for name in fields:
        owner, _, inner = name.partition(".")
        if not inner:
            row[name] = _value(record, name)
            continue
        user = store.records.get(str(record.values.get("OwnerId")))
        if user is not None:
            own = row.setdefault(owner, {"attributes": {"type": "User", "url": "/"}})
            own[inner] = _value(user, inner)
        else:
            row[owner] = None
    return row


def _value(record: Record, name: str) -> Any:
    if name == "Id":
        return record.id
    if name == "IsDeleted":
        return record.deleted
    if name == "SystemModstamp":
        return record.modified.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    value = record.values.get(name)
    return value.isoformat() if isinstance(value, date) else value
