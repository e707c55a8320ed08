"""Between our words and those of the configured ERP. Pure."""

import functools
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from system_apis.capabilities.erp.schemas import Charge, LookupItem, PostedLine, PostingRequest
from system_apis.connectors.http_json.expressions import Expression

Fields = Mapping[str, Expression]
Document = dict[str, Any]
M = TypeVar("M", bound=BaseModel)

# What every mapping of a posting is tried over before the first real one.
SAMPLE: Document = {
    "posting_key": "0f" * 32,
    "legal_entity_id": "US01",
    "worker_id": "E042",
    "project_id": "P-17",
    "task_id": "T-3",
    "work_date": "2026-11-16",
    "accounting_date": "2026-11-30",
    "minutes": 90,
    "billable": True,
    "narrative": "Sample.",
    "contract": "SOW-114",
    "bill_currency": "USD",
    "bill_unit": "hour",
    "bill_rate": "250.00",
    "bill_quantity": "1.5",
    "bill_amount": "375.00",
    "held_quantity": "0",
    "held_amount": "0.00",
    "target_line": "16",
    "target_key": "0e" * 32,
}
SAMPLE_LOOKUP: Document = {name: SAMPLE[name] for name in LookupItem.model_fields}

NAMES_IN_PATH = re.compile(r"{(\w+)}")
# Numbers in an answer become texts, but for the fields that are no texts.
_NOT_TEXT = {"minutes", "bookable", "invoiced"}


class Unreadable(Exception):
    """A document does not hold what the mapping promises. Names places, never values."""


def posting_document(item: PostingRequest) -> Document:
    """A posting as the expressions see it."""
    return {
        "posting_key": item.posting_key,
        "legal_entity_id": item.legal_entity_id,
        "worker_id": item.worker_id,
        "project_id": item.project_id,
        "task_id": item.task_id,
        "work_date": item.work_date.isoformat(),
        "accounting_date": item.accounting_date.isoformat(),
        "minutes": item.minutes,
        "billable": item.billable,
        "narrative": item.narrative,
        **_charge(item.charge),
        "target_line": item.target_line,
        "target_key": item.target_key,
    }


def _charge(charge: Charge | None) -> Document:
    """Decimals as texts: whoever wants numbers maps them with `to_number`."""
    if charge is None:
        names = [name for name in SAMPLE if name.startswith(("bill_", "held_"))]
        return dict.fromkeys(["contract", *names])
    return {
        "contract": charge.contract,
        "bill_currency": charge.currency,
        "bill_unit": charge.unit.value,
        "bill_rate": str(charge.rate) if charge.rate is not None else None,
        "bill_quantity": str(charge.quantity),
        "bill_amount": str(charge.amount),
        "held_quantity": str(charge.held_quantity),
        "held_amount": str(charge.held),
    }


def body_of(fields: Fields, document: Document) -> Document:
    """The document that the ERP wants; a dot in a field's name makes a nested object.

    Fields that yield nothing are left out: many ERPs refuse an explicit null.
    """
    body: Document = {}
    for name, expression in fields.items():
        value = expression(document)
        if value is None:
            continue
        if "." not in name:
            body[name] = value
            continue
        *parents, last = name.split(".")
        within = body
        for parent in parents:
            within = within.setdefault(parent, {})
        within[last] = value
    return body


def names_in(path: str) -> list[str]:
    """The placeholders of a path: `/hours/{external_id}`."""
    return NAMES_IN_PATH.findall(path)


def line_as_told(fields: Fields, told: Any, sent: PostingRequest) -> PostedLine:
    """The line that an answer to a posting speaks of; what it leaves out is as it was sent.

    :raises Unreadable: it gives no id, or a value that makes no sense.
    """
    values: Document = {
        "posting_key": sent.posting_key,
        "legal_entity_id": sent.legal_entity_id,
        "worker_id": sent.worker_id,
        "project_id": sent.project_id,
        "task_id": sent.task_id,
        "work_date": sent.work_date,
        "minutes": sent.minutes,
    }
    return _built(PostedLine, values | _read(fields, told))


def record_of(model: type[M], fields: Fields, told: Any) -> M:
    """A line or a master record from one element of an answer.

    :raises Unreadable: something that is needed is not there, or makes no sense.
    """
    return _built(model, _read(fields, told))


def elements(items: Expression | None, body: Any) -> list[Any]:
    """The elements of an answer.

    :raises Unreadable: there is no list where one is expected.
    """
    found = items(body) if items else body
    if not isinstance(found, list):
        raise Unreadable("there is no list" + (f" at {items.text!r}" if items else ""))
    return found


def needed_fields(model: type[BaseModel], besides: Collection[str] = ()) -> set[str]:
    """Fields that a mapping must have: those without a default, and those that it is about.

    A field that is nullable although it has no default (a line's project) is not needed.
    """
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    return (required - _nullable(model).keys()) | set(besides)


def mapping_faults(
    place: str, fields: Fields, allowed: Collection[str], needed: Collection[str]
) -> list[str]:
    """What is wrong with the names of a mapping, in words."""
    unknown = [
        f"{place}.{name} is not known; known are {', '.join(sorted(allowed))}"
        for name in fields
        if name not in allowed
    ]
    absent = [f"{place}.{name} is missing" for name in sorted(needed) if name not in fields]
    return unknown + absent


def empty_fields(
    place: str, fields: Fields, document: Any, needed: Collection[str], over: str
) -> list[str]:
    """Needed expressions that yield nothing over an example, in words."""
    return [
        f"{place}.{name} = {fields[name].text!r} yields nothing over {over}"
        for name in sorted(needed)
        if name in fields and fields[name](document) is None
    ]


def _read(fields: Fields, told: Any) -> Document:
    values: Document = {}
    for name, expression in fields.items():
        value = expression(told)
        if value is None:
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        values[name] = str(value) if is_number and name not in _NOT_TEXT else value
    return values


def _built(model: type[M], values: Document) -> M:
    try:
        return model.model_validate({**_nullable(model), **values})
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        places = sorted({f"{'.'.join(map(str, each['loc']))} ({each['type']})" for each in found})
        raise Unreadable(", ".join(places)) from None


@functools.cache
def _nullable(model: type[BaseModel]) -> Document:
    """Nulls for fields that have to be there and may be null."""
    return {
        name: None
        for name, field in model.model_fields.items()
        if field.is_required() and type(None) in getattr(field.annotation, "__args__", ())
    }


def by_key(lines: Sequence[PostedLine]) -> dict[str | None, PostedLine]:
    """The first line of each key."""
    found: dict[str | None, PostedLine] = {}
    for line in lines:
        found.setdefault(line.posting_key, line)
    return found
