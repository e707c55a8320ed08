"""A tier's own models against the contract that another tier committed.

Tiers never import one another; each keeps small models of the fields it reads or sends. These
checks hold such a model against the other tier's contract, in the direction the data flows: the
*giver* makes the JSON, and the *taker* must understand all of it that may come.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel

_Schema = Mapping[str, Any]
_COMPONENTS = "#/components/schemas/"
_KIND_OF_VALUE = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def assert_reads(model: type[BaseModel], document: Mapping[str, Any], schema_name: str) -> None:
    """``model`` understands everything that the contract's schema may hold.

    It may leave fields out. It may not read a field that the contract does not have, demand one
    that the contract leaves optional, or know fewer types or enumeration values.

    :raises AssertionError: names each field, and why.
    """
    contract = _Side(document, _schema_of(document, schema_name))
    ours = _side_of(model, "validation")
    _report(model, schema_name, _Comparison(contract, ours, ours=ours).findings(model.__name__))


def assert_sends(model: type[BaseModel], document: Mapping[str, Any], schema_name: str) -> None:
    """The contract's schema accepts everything that ``model`` may send, and drops none of it.

    :raises AssertionError: names each field, and why.
    """
    contract = _Side(document, _schema_of(document, schema_name))
    ours = _side_of(model, "serialization")
    _report(model, schema_name, _Comparison(ours, contract, ours=ours).findings(model.__name__))


class _Side:
    """A schema, and the document in which its references are found."""

    def __init__(self, document: Mapping[str, Any], root: _Schema) -> None:
        self._document = document
        self.root = root

    def alternatives(self, schema: _Schema) -> list[_Schema]:
        """The schema, or the members of its union (null is one of them)."""
        schema = self._resolved(schema)
        members = schema.get("anyOf") or schema.get("oneOf")
        if members:
            return [inner for member in members for inner in self.alternatives(member)]
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return [{**schema, "type": kind} for kind in kinds]
        return [schema]

    def _resolved(self, schema: _Schema) -> _Schema:
        if "$ref" in schema:
            return self._resolved(_found(self._document, schema["$ref"]))
        if len(schema.get("allOf", ())) == 1:  # a reference with a description beside it
            return self._resolved(schema["allOf"][0])
        return schema


class _Comparison:
    """Walks both schemas together, along the fields of our model."""

    def __init__(self, giver: _Side, taker: _Side, *, ours: _Side) -> None:
        self._giver = giver
        self._taker = taker
        self._reading = ours is taker
        self._met: set[tuple[int, int]] = set()

    def findings(self, name: str) -> list[str]:
        return list(self._compare(self._giver.root, self._taker.root, name))

    def _compare(self, given: _Schema, taken: _Schema, place: str) -> Iterator[str]:
        takers = self._taker.alternatives(taken)
        if any(_kind(one) is None for one in takers):
            return  # takes anything
        for one in self._giver.alternatives(given):
            fitting = [other for other in takers if _kind_fits(_kind(one), _kind(other))]
            if not fitting:
                understood = ", ".join(sorted({str(_kind(other)) for other in takers}))
                yield f"{place}: {_kind(one) or 'anything'} may come, understood is {understood}"
                continue
            yield from min((list(self._inside(one, other, place)) for other in fitting), key=len)

    def _inside(self, given: _Schema, taken: _Schema, place: str) -> Iterator[str]:
        yield from _values_not_understood(given, taken, place)
        if _kind(given) == "array":
            yield from self._compare(given.get("items", {}), taken.get("items", {}), f"{place}[]")
        if _kind(given) == "object" and (id(given), id(taken)) not in self._met:
            self._met.add((id(given), id(taken)))
            yield from self._in_object(given, taken, place)

    def _in_object(self, given: _Schema, taken: _Schema, place: str) -> Iterator[str]:
        offered, wanted = given.get("properties", {}), taken.get("properties", {})
        ours, theirs = (wanted, offered) if self._reading else (offered, wanted)
        for name in ours:
            if name not in theirs:
                yield f"{place}.{name}: the contract has no such field"
        for name in taken.get("required", ()):
            if name in offered and name not in given.get("required", ()):
                yield f"{place}.{name}: demanded, but may be left out"
            if name not in offered and not self._reading:
                yield f"{place}.{name}: the contract demands it, and it is not sent"
        for name in offered.keys() & wanted.keys():
            yield from self._compare(offered[name], wanted[name], f"{place}.{name}")
        rest, understood = given.get("additionalProperties"), taken.get("additionalProperties")
        if isinstance(rest, Mapping) and isinstance(understood, Mapping):
            yield from self._compare(rest, understood, f"{place}.*")


def _values_not_understood(given: _Schema, taken: _Schema, place: str) -> Iterator[str]:
    offered, understood = _values(given), _values(taken)
    if understood is not None:
        unknown = ["any value"] if offered is None else [v for v in offered if v not in understood]
        if unknown:
            yield f"{place}: {unknown} may come, understood are only {understood}"
    wanted = taken.get("format")
    if wanted is not None and offered is None and given.get("format") != wanted:
        yield f"{place}: any {_kind(given)} may come, understood is only a {wanted}"


def _values(schema: _Schema) -> list[Any] | None:
    """The enumeration's values; None when the schema enumerates none."""
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _kind(schema: _Schema) -> str | None:
    """The JSON type; None for "anything"."""
    if "type" in schema:
        return str(schema["type"])
    values = _values(schema)
    if values:
        return _KIND_OF_VALUE.get(type(values[0]))
    return "object" if "properties" in schema else None


def _kind_fits(given: str | None, taken: str | None) -> bool:
    return given == taken or (given == "integer" and taken == "number")


def _side_of(model: type[BaseModel], mode: Literal["validation", "serialization"]) -> _Side:
    schema = model.model_json_schema(ref_template=_COMPONENTS + "{model}", mode=mode)
    return _Side({"components": {"schemas": schema.get("$defs", {})}}, schema)


def _schema_of(document: Mapping[str, Any], name: str) -> _Schema:
    schemas: Mapping[str, _Schema] = document.get("components", {}).get("schemas", {})
    if name not in schemas:
        raise AssertionError(f"the contract has no schema {name}; it has {sorted(schemas)}")
    return schemas[name]


def _found(document: Mapping[str, Any], reference: str) -> _Schema:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    schema: _Schema = found
    return schema


def _report(model: type[BaseModel], schema_name: str, findings: list[str]) -> None:
    if findings:
        listed = "\n  ".join(sorted(findings))
        raise AssertionError(
            f"{model.__module__}.{model.__name__} does not fit the contract's {schema_name}:\n"
            f"  {listed}"
        )
