"""Secrets stand in the connections file as references only: `{ env = "NAME" }`, `{ file = "…" }`.

Which values are secrets is declared once, by the connector's settings (`SecretStr`). A literal
there is refused in every environment: what is allowed on a laptop ends up in a repository.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr


@dataclass(frozen=True)
class Fault:
    """What is wrong at one key of the file; never holds a secret's value."""

    key: str
    reason: str


@dataclass
class SecretResolver:
    """Replaces the references in one connection's options by `SecretStr` values.

    :param folder: what a relative `file` starts from (the folder of the connections file).
    :param environment: where `env` looks.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    faults: list[Fault] = field(default_factory=list)

    def resolve(self, annotation: Any, value: Any, key: str) -> Any:
        """``value`` with its references resolved, as ``annotation`` declares them.

        Faults are collected, so that an operator sees all of them at once.
        """
        choices = list(alternatives(annotation))
        if SecretStr in choices:
            return self._secret(value, key)
        for choice in choices:
            value = self._within(choice, value, key)
        return value

    def _within(self, choice: Any, value: Any, key: str) -> Any:
        arguments = get_args(choice)
        if isinstance(value, dict) and is_model(choice):
            declared = declared_keys(choice)
            return {
                name: self.resolve(declared.get(name, Any), item, f"{key}.{name}")
                for name, item in value.items()
            }
        if isinstance(value, dict) and len(arguments) == 2:
            return {
                name: self.resolve(arguments[1], item, f"{key}.{name}")
                for name, item in value.items()
            }
        if isinstance(value, list) and arguments:
            return [
                self.resolve(arguments[0], item, f"{key}[{place}]")
                for place, item in enumerate(value)
            ]
        return value

    def _secret(self, value: Any, key: str) -> Any:
        if isinstance(value, SecretStr):
            return value
        match value:
            case {"env": str(name), **rest} if not rest:
                secret = self.environment.get(name, "")
                found = f"the environment variable {name} is not set, or empty"
            case {"file": str(name), **rest} if not rest:
                secret, found = self._from_file(name)
            case _:
                secret = ""
                found = 'it is a secret: write { env = "NAME" } or { file = "path" }, not the value'
        if not secret:
            self.faults.append(Fault(key, found))
        return SecretStr(secret)

    def _from_file(self, name: str) -> tuple[str, str]:
        path = self.folder / name
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            return "", f"the file {path} cannot be read ({type(error).__name__})"
        return secret, f"the file {path} is empty"


def declared_keys(model: type[BaseModel]) -> dict[str, Any]:
    """Annotation of every key that a settings model takes from the file, aliases included."""
    return {
        key: item.annotation
        for name, item in model.model_fields.items()
        for key in (name, item.alias, item.validation_alias)
        if isinstance(key, str)
    }


def alternatives(annotation: Any) -> Iterator[Any]:
    """The types that a value may have: unions taken apart, `Annotated` and None removed."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for choice in get_args(annotation):
            yield from alternatives(choice)
    elif annotation is not NoneType:
        yield annotation


def is_model(choice: Any) -> bool:
    """Whether a type is a nested settings model."""
    return isinstance(choice, type) and issubclass(choice, BaseModel)
