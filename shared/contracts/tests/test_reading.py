"""A model of another tier's data must understand all that the contract allows to come."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from shared.contracts import assert_reads, assert_sends


class Line(BaseModel):
    minutes: int
    note: str | None = None
    parent: "Line | None" = None


class Sheet(BaseModel):
    day: date
    state: Literal["OPEN", "CLOSED"]
    amount: Decimal
    lines: list[Line]
    labels: dict[str, str] = Field(default_factory=dict)
    total: float = 0.0


def document_of(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    # A model that holds itself stands among its own definitions already.
    return {"components": {"schemas": {model.__name__: schema, **schema.pop("$defs", {})}}}


CONTRACT = document_of(Sheet)


def refusal(model: type[BaseModel]) -> str:
    with pytest.raises(AssertionError) as caught:
        assert_reads(model, CONTRACT, "Sheet")
    return str(caught.value)


def test_a_model_that_reads_everything_fits() -> None:
    assert_reads(Sheet, CONTRACT, "Sheet")
    assert_sends(Sheet, CONTRACT, "Sheet")


def test_a_model_may_leave_fields_out() -> None:
    class Fewer(BaseModel):
        lines: list[Line]

    class Amounts(BaseModel):
        amount: Decimal
        total: float = 0.0

    assert_reads(Fewer, CONTRACT, "Sheet")
    assert_reads(Amounts, CONTRACT, "Sheet")


def test_a_field_that_the_contract_lacks_is_named_with_its_place() -> None:
    class TheirLine(BaseModel):
        minutes: int
        seconds: int = 0

    class Reader(BaseModel):
        lines: list[TheirLine]

    assert "Reader.lines[].seconds: the contract has no such field" in refusal(Reader)


def test_an_optional_field_may_not_be_demanded() -> None:
    class Reader(BaseModel):
        labels: dict[str, str]

    assert "Reader.labels: demanded, but may be left out" in refusal(Reader)


def test_null_must_be_understood_where_it_may_come() -> None:
    class TheirLine(BaseModel):
        note: str = ""

    class Reader(BaseModel):
        lines: list[TheirLine]

    assert "Reader.lines[].note: null may come, understood is string" in refusal(Reader)


def test_another_type_is_named() -> None:
    class Reader(BaseModel):
        state: int
        labels: dict[str, int] = Field(default_factory=dict)

    text = refusal(Reader)
    assert "Reader.state: string may come, understood is integer" in text
    assert "Reader.labels.*: string may come" in text


def test_an_integer_is_a_number_but_not_the_other_way_round() -> None:
    class Wide(BaseModel):
        minutes: float

    class Narrow(BaseModel):
        total: int = 0

    assert_reads(Wide, document_of(Line), "Line")
    assert "number may come, understood is integer" in refusal(Narrow)


def test_a_missing_enumeration_value_is_named() -> None:
    class Reader(BaseModel):
        state: Literal["OPEN"]

    assert "['CLOSED'] may come" in refusal(Reader)


def test_a_narrower_format_is_named() -> None:
    class Reader(BaseModel):
        note: date | None = None

    with pytest.raises(AssertionError, match="any string may come, understood is only a date"):
        assert_reads(Reader, document_of(Line), "Line")


def test_an_unknown_schema_lists_the_known_ones() -> None:
    with pytest.raises(AssertionError, match=r"no schema Shet; it has \['Line', 'Sheet'\]"):
        assert_reads(Sheet, CONTRACT, "Shet")


def test_what_is_sent_must_be_accepted_and_complete() -> None:
    class Sender(BaseModel):
        day: date
        state: Literal["OPEN", "LOST"]
        amount: Decimal
        colour: str

    with pytest.raises(AssertionError) as caught:
        assert_sends(Sender, CONTRACT, "Sheet")
    text = str(caught.value)
    assert "Sender.lines: the contract demands it, and it is not sent" in text
    assert "Sender.colour: the contract has no such field" in text
    assert "['LOST'] may come" in text


def test_each_alternative_of_a_union_must_be_understood() -> None:
    class Circle(BaseModel):
        kind: Literal["circle"]
        radius: int

    class Square(BaseModel):
        kind: Literal["square"]
        side: int

    class Drawing(BaseModel):
        shape: Circle | Square

    class Reader(BaseModel):
        shape: Circle

    assert_reads(Drawing, document_of(Drawing), "Drawing")
    with pytest.raises(AssertionError, match=r"Reader.shape"):
        assert_reads(Reader, document_of(Drawing), "Drawing")
