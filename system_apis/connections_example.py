"""An example of the connections file, written from what the connectors' settings declare."""

import json
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from system_apis.capabilities.connector import Connector
from system_apis.secret_references import alternatives, is_model

_HEAD = """\
# Connections of Timepost: one [[connections]] table for each system it talks to.
#
# Secrets never stand here. Each is a reference, resolved when the server starts:
#   { env = "NAME" }     an environment variable
#   { file = "path" }    a file; a relative path starts from this file's folder
#
# Keys behind # are optional and show their default, or their form.
# `timepost connections check` tries every connection.
"""
_UNKNOWN = '"..."'


def example_of(connectors: Iterable[Connector]) -> str:
    """TOML with one connection for each connector: required keys set, others shown."""
    return "\n".join([_HEAD, *(_connection(each) for each in connectors)])


def _connection(connector: Connector) -> str:
    offered = [each.replace("_", " ") for each in connector.openers]
    several = [f'# capability = "{connector.capability}"  # or {", ".join(connector.also)}']
    lines = [
        f"# {connector.title} ({', '.join(offered)})",
        "[[connections]]",
        f"name = {_toml(connector.name.replace('_', '-') + '-de')}",
        f"connector = {_toml(connector.name)}",
        *(several if connector.also else []),
        'legal_entities = ["DE"]',
        '# timezone = "UTC"',
        "",
        *_table("connections.options", connector.settings, f"TIMEPOST_{connector.name.upper()}"),
    ]
    return "\n".join(lines) + "\n"


def _table(name: str, model: type[BaseModel], variable: str) -> Iterator[str]:
    """One table; nested ones follow it, since TOML's keys belong to the table above them."""
    yield f"[{name}]"
    yield from _body(name, model, variable)


def _body(name: str, model: type[BaseModel], variable: str) -> Iterator[str]:
    nested: list[str] = []
    for key, field in model.model_fields.items():
        own, within = f"{variable}_{key.upper()}", f"{name}.{key}"
        inner = next(filter(is_model, alternatives(field.annotation)), None)
        item = _model_of_items(field.annotation)
        value = _model_of_values(field.annotation)
        if value is not None:
            chosen = f"{within}.{field.examples[0] if field.examples else 'NAME'}"
            table = _put_aside(_table(chosen, value, own), field.is_required())
            nested += ["", *_comment(field), *table]
        elif inner is not None:
            nested += ["", *_comment(field), *_table(within, inner, own)]
        elif item is not None:
            table = _put_aside(_repeated(within, item, own), field.is_required())
            nested += ["", *_comment(field), *table]
        else:
            yield from _comment(field)
            yield _line(key, field, own)
    yield from nested


def _repeated(name: str, model: type[BaseModel], variable: str) -> Iterator[str]:
    """One table of a list of tables."""
    yield f"[[{name}]]"
    yield from _body(name, model, variable)


def _put_aside(lines: Iterable[str], is_required: bool) -> Iterator[str]:
    """Behind # as a whole if there may be none."""
    for line in lines:
        yield line if is_required or not line or line.startswith("#") else f"# {line}"


def _model_of_items(annotation: Any) -> type[BaseModel] | None:
    """The settings model of a list's items."""
    for choice in alternatives(annotation):
        arguments = get_args(choice)
        if get_origin(choice) in {list, tuple} and arguments and is_model(arguments[0]):
            model: type[BaseModel] = arguments[0]
            return model
    return None


def _model_of_values(annotation: Any) -> type[BaseModel] | None:
    """The settings model of a table's values, whose keys are anybody's choice."""
    for choice in alternatives(annotation):
        arguments = get_args(choice)
        if get_origin(choice) in {dict, Mapping} and is_model(arguments[-1]):
            model: type[BaseModel] = arguments[-1]
            return model
    return None


def _comment(field: FieldInfo) -> Iterator[str]:
    yield from (f"# {line}" for line in wrap(field.description or "", 94))


def _line(key: str, field: FieldInfo, variable: str) -> str:
    mark = "" if field.is_required() else "# "
    reference = _reference(field.annotation, variable)
    if reference is not None:
        return f"{mark}{key} = {reference}"
    if field.is_required():
        return f"{key} = {_toml(field.examples[0]) if field.examples else _UNKNOWN}"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return f"# {key} = {_UNKNOWN}"
    return f"# {key} = {_toml(to_jsonable_python(value))}"


def _reference(annotation: Any, variable: str) -> str | None:
    for choice in alternatives(annotation):
        if choice is SecretStr:
            return f'{{ env = "{variable}" }}'
        arguments = get_args(choice)
        inner = _reference(arguments[-1], variable) if arguments else None
        if inner is not None:
            is_table = get_origin(choice) in {dict, Mapping}
            return f"{{ NAME = {inner} }}" if is_table else f"[{inner}]"
    return None


def _toml(value: Any) -> str:
    """JSON's strings, numbers, truth values and lists are TOML's as well; tables are not."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return json.dumps(value, ensure_ascii=False)
