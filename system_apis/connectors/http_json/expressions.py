"""Mapping expressions: JMESPath, compiled once, with the few functions that hours need.

JMESPath has no arithmetic and cannot take a text apart, and ERPs want hours where we count
minutes. Most expressions are plain names, and those are read without the interpreter: at hundreds
of lines a second, it would cost more than everything else that the connector does.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_DAY = 10

Read = Callable[[Any], Any]


def _hours(minutes: float) -> float:
    """Four decimals: every whole minute survives the way there and back."""
    return round(minutes / 60, 4)


def _minutes(hours: float | str) -> int | None:
    try:
        exact = Decimal(str(hours)) * 60
        return int(exact.to_integral_value(ROUND_HALF_UP))
    except (InvalidOperation, OverflowError, ValueError):
        return None


# Those that stand in every posting and every answer; with the types that they take.
_DIRECT: dict[str, tuple[type | tuple[type, ...], Callable[[Any], Any]]] = {
    "hours": ((int, float), _hours),
    "minutes": ((int, float, str), _minutes),
}


class _Functions(functions.Functions):
    """JMESPath's own, and ours."""

    @functions.signature({"types": ["number"]})
    def _func_hours(self, minutes: float) -> float:
        return _hours(minutes)

    @functions.signature({"types": ["number", "string"]})
    def _func_minutes(self, hours: float | str) -> int | None:
        return _minutes(hours)

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_times(self, number: float, factor: float) -> float:
        return number * factor

    @functions.signature({"types": ["string"]})
    def _func_day(self, instant: str) -> str:
        return instant[:_DAY]

    @functions.signature({"types": ["string"]})
    def _func_key_in(self, text: str) -> str | None:
        found = _KEY.search(text)
        return found.group() if found else None

    @functions.signature({"types": ["string"]}, {"types": ["string"]})
    def _func_matches(self, text: str, pattern: str) -> bool:
        return re.search(pattern, text) is not None


_OPTIONS = jmespath.Options(custom_functions=_Functions())


class Expression:
    """A compiled expression; calling it gives the value, or None where there is nothing."""

    __slots__ = ("_read", "text")

    def __init__(self, text: str) -> None:
        """
        :raises ValueError: it does not compile; says why.
        """
        self.text = text
        try:
            compiled = jmespath.compile(text)
        except JMESPathError as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"the expression {text!r} does not compile: {reason}") from None
        tree: Any = compiled.parsed
        _refuse_unknown_functions(tree, text)
        self._read = _plain(tree) or _interpreted(compiled)

    def __call__(self, document: Any) -> Any:
        """A function that meets a value of the wrong type gives nothing, like a missing name."""
        try:
            return self._read(document)
        except (JMESPathError, re.error):
            return None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_validated)


def _validated(value: Any) -> Expression:
    if isinstance(value, Expression):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a JMESPath expression")
    return Expression(value)


def _interpreted(compiled: Any) -> Read:
    def read(document: Any) -> Any:
        return compiled.search(document, options=_OPTIONS)

    return read


def _plain(node: dict[str, Any]) -> Read | None:
    """How to read names, paths of names and literals directly; None for anything else."""
    kind, value, children = node["type"], node.get("value"), node["children"]
    if kind == "literal":
        return lambda _: value
    if kind == "current":
        return lambda document: document
    if kind == "field":
        return lambda document: document.get(value) if isinstance(document, dict) else None
    if kind == "function_expression":
        return _direct_call(str(value), children)
    return _path(children) if kind == "subexpression" else None


def _path(children: list[dict[str, Any]]) -> Read | None:
    steps = [_plain(child) for child in children]
    known = [step for step in steps if step is not None]
    if len(known) < len(steps):
        return None

    def read(document: Any) -> Any:
        for step in known:
            if document is None:
                return None
            document = step(document)
        return document

    return read


def _direct_call(name: str, arguments: list[dict[str, Any]]) -> Read | None:
    argument = _plain(arguments[0]) if len(arguments) == 1 else None
    if name not in _DIRECT or argument is None:
        return None
    types, function = _DIRECT[name]
    read_argument = argument

    def read(document: Any) -> Any:
        given = read_argument(document)
        if not isinstance(given, types) or isinstance(given, bool):
            return None
        return function(given)

    return read


def _refuse_unknown_functions(node: Any, text: str) -> None:
    """JMESPath itself notices only when the function is called, which may be a year later."""
    if isinstance(node, list):
        for each in node:
            _refuse_unknown_functions(each, text)
    elif isinstance(node, dict):
        if (
            node.get("type") == "function_expression"
            and node["value"] not in _Functions().FUNCTION_TABLE
        ):
            raise ValueError(
                f"the expression {text!r} calls {node['value']}(), which does not exist"
            )
        _refuse_unknown_functions(node.get("children", []), text)
