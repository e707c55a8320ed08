"""Tells every setting of a settings class: its variable, its default, what it means."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from shared.configuration.reading import variable_of

REQUIRED = "required"


@dataclass(frozen=True)
class Setting:
    """One variable of the environment.

    :param default: as it would be written in the environment; `REQUIRED` where there is none.
    """

    variable: str
    default: str
    meaning: str


def described(kind: type[BaseSettings]) -> list[Setting]:
    """Every setting of a class and of the groups in it; those without a default come first."""
    settings = list(_described(kind, kind, (), None))
    return sorted(settings, key=lambda each: each.default != REQUIRED)


def _described(
    root: type[BaseSettings], kind: type[BaseModel], path: tuple[str, ...], group: BaseModel | None
) -> Iterator[Setting]:
    for name, field in kind.model_fields.items():
        location = (*path, str(field.validation_alias or name))
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            default = _default(field, name, group)
            yield from _described(
                root, inner, location, default if isinstance(default, BaseModel) else None
            )
        else:
            written = _written(_default(field, name, group))
            yield Setting(variable_of(root, location), written, _meaning(kind, name))


def _default(field: FieldInfo, name: str, group: BaseModel | None) -> Any:
    """A tier may give a group other defaults than the group's class has."""
    return field.get_default(call_default_factory=True) if group is None else getattr(group, name)


def _meaning(kind: type[BaseModel], name: str) -> str:
    """A class that gives a field another default need not explain it again."""
    parents = [each for each in kind.__mro__ if issubclass(each, BaseModel)]
    fields = [each.model_fields[name] for each in parents if name in each.model_fields]
    return next((field.description for field in fields if field.description), "")


def _written(value: Any) -> str:
    if value is PydanticUndefined:
        return REQUIRED
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return value.name  # where it lies depends on the installation
    if isinstance(value, str):
        return value
    return json.dumps(value)
