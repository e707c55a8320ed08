"""Cells of a line to the contract's models. Pure: no clock, no folder.

The models themselves say what a cell has to be: a date, a number, a word of theirs, or text, whose
leading zeros stay.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime, ValidationError

from shared.values import Money
from system_apis.capabilities.contract import Contract
from system_apis.capabilities.crm import schemas as crm
from system_apis.capabilities.directory import schemas as directory
from system_apis.capabilities.erp import schemas as erp
from system_apis.capabilities.hcm import schemas as hcm
from system_apis.capabilities.rows import reason_of
from system_apis.connectors.csv_drop.settings import CsvDropSettings, ListSettings

# What comes as files, by capability and list.
LISTS: Mapping[str, Mapping[str, type[Contract]]] = {
    "erp": {
        "legal-entities": erp.LegalEntity,
        "workers": erp.Worker,
        "clients": erp.Client,
        "projects": erp.Project,
        "tasks": erp.Task,
        "periods": erp.AccountingPeriod,
    },
    "hcm": {
        "workers": hcm.Worker,
        "org-units": hcm.OrgUnit,
        "cost-centres": hcm.CostCentre,
        "assignments": hcm.Assignment,
    },
    "crm": {"accounts": crm.Account, "engagements": crm.Engagement},
    "directory": {"users": directory.User, "groups": directory.Group},
}
# Fields that a line has in another form than the model, and what they become.
_OTHER_FORMS: Mapping[type[Contract], set[str]] = {
    hcm.Assignment: {"weekly_hours"},
    crm.Account: {"owner_id", "owner_name", "owner_email"},
    crm.Engagement: {"owner_id", "owner_name", "owner_email", "value_currency"},
}
_NESTED = {"owner"}
_MEMBER = re.compile(r"(user|group):(.+)")


class Unreadable(Exception):
    """A cell is not what its field needs; names the field, never the cell."""


def fields_of(model: type[Contract]) -> set[str]:
    """What may be named in the settings."""
    return (model.model_fields.keys() - _NESTED) | _OTHER_FORMS.get(model, set())


def to_record(
    model: type[Contract],
    cells: Mapping[str, str],
    own: ListSettings,
    settings: CsvDropSettings,
) -> Contract:
    """
    :raises Unreadable: a cell does not fit.
    """
    values: dict[str, Any] = {}
    for name, text in _texts(cells, own).items():
        if text is not None:
            values[name] = _converted(model, name, text, settings)
    _put_together(model, values)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Unreadable(reason_of(error)) from None


def external_id_of(cells: Mapping[str, str], own: ListSettings) -> str | None:
    """None if the line does not say which record it is about."""
    return _texts(cells, own).get("external_id")


def number_of(text: str, settings: CsvDropSettings) -> Decimal:
    """With thousands or without, and the sign in front or behind.

    :raises Unreadable: it is no number.
    """
    thousands, decimal = (".", ",") if settings.decimal_comma else (",", ".")
    bare = "".join(text.split()).replace("\u00a0", "")
    grouped = rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|[0-9]{{1,18}}"
    fraction = rf"(?:{re.escape(decimal)}(?P<rest>[0-9]{{0,9}}))?"
    form = rf"(?P<front>[+-]?)(?P<whole>{grouped}){fraction}(?P<end>-?)"
    found = re.fullmatch(form, bare)
    if found is None or (found["front"] and found["end"]):
        raise Unreadable("is no number")
    sign = "-" if "-" in (found["front"], found["end"]) else ""
    return Decimal(f"{sign}{found['whole'].replace(thousands, '')}.{found['rest'] or '0'}")


def _texts(cells: Mapping[str, str], own: ListSettings) -> dict[str, str | None]:
    """What the line says of each field, in the words of the contract."""
    found: dict[str, str | None] = dict(own.constants)
    for name, columns in own.columns.items():
        parts = [
            cells.get(each, "") for each in ([columns] if isinstance(columns, str) else columns)
        ]
        text = ":".join(parts) if all(parts) else None
        table = own.values.get(name)
        if text is not None and table is not None:
            text = table.get(text, text)
        found[name] = text if text is not None else found.get(name)
    return found


def _converted(model: type[Contract], name: str, text: str, settings: CsvDropSettings) -> Any:
    try:
        return _value(_kind(model, name), text, settings)
    except (Unreadable, ValueError) as error:
        reason = str(error) if isinstance(error, Unreadable) else "is no date"
        raise Unreadable(f"{name}: {reason}") from None


def _value(kind: Any, text: str, settings: CsvDropSettings) -> Any:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if text not in set(kind):
            raise Unreadable(f"is none of {', '.join(kind)}")
        return kind(text)
    converters: dict[Any, Callable[[str], Any]] = {
        Decimal: lambda cell: number_of(cell, settings),
        Money: lambda cell: number_of(cell, settings),
        int: lambda cell: number_of(cell, settings),
        datetime: datetime.fromisoformat,
        date: lambda cell: datetime.strptime(cell, settings.date_format).date(),  # noqa: DTZ007
        bool: lambda cell: cell.lower() in settings.true_words,
        list: lambda cell: [_member(each) for each in cell.split("|") if each],
    }
    return converters[kind](text) if kind in converters else text


def _kind(model: type[Contract], name: str) -> Any:
    """What the field holds, without the ways to say that it may be missing."""
    if name == "weekly_hours":
        return Decimal
    field = model.model_fields.get(name)
    return _bare(field.annotation) if field else str


def _bare(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _bare(next(each for each in get_args(annotation) if each is not NoneType))
    if origin is list:
        return list
    return datetime if annotation is AwareDatetime else annotation


def _put_together(model: type[Contract], values: dict[str, Any]) -> None:
    """Fields in another form become those of the model."""
    hours = values.pop("weekly_hours", None)
    if hours is not None:
        values["weekly_minutes"] = int((hours * 60).to_integral_value())
    owner = {
        inner: values.pop(f"owner_{outer}", None)
        for inner, outer in (("external_id", "id"), ("name", "name"), ("email", "email"))
    }
    if owner["external_id"] is not None:
        values["owner"] = owner
    if model is crm.Engagement:
        amount, currency = values.pop("value", None), values.pop("value_currency", None)
        if amount is not None:
            values["value"] = {"amount": amount, "currency": currency or ""}


def _member(written: str) -> dict[str, str]:
    found = _MEMBER.fullmatch(written.strip())
    if found is None:
        raise Unreadable("is no list of user:ID or group:ID, with | between them")
    return {"kind": found[1], "external_id": found[2]}
