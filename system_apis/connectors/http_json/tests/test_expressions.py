"""Expressions: what compiles, what they give, and that plain ones skip the interpreter rightly."""

from typing import Any

import pytest

from system_apis.connectors.http_json.expressions import Expression

DOCUMENT: dict[str, Any] = {
    "minutes": 50,
    "hours": "0.83",
    "note": "Talk [tp:" + "ab" * 32 + "] done",
    "nested": {"deep": {"id": 7}, "none": None},
    "when": "2026-11-16T00:00:00Z",
    "items": [{"id": 1}, {"id": 2}],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("minutes", 50),
        ("nested.deep.id", 7),
        ("nested.none.id", None),
        ("minutes.id", None),
        ("absent.deep", None),
        ("'constant'", "constant"),
        ("`true`", True),
        ("items[1].id", 2),
        ("items[*].id", [1, 2]),
        ("@", DOCUMENT),
        ("hours(minutes)", 0.8333),
        ("minutes(hours)", 50),
        ("minutes('no number')", None),
        ("times(minutes, `60`)", 3000),
        ("day(when)", "2026-11-16"),
        ("key_in(note)", "ab" * 32),
        ("key_in(when)", None),
        ("matches(note, '^Talk')", True),
        ("matches(note, '(')", None),
        ("hours(note)", None),
        ("contains(absent, 'x')", None),
    ],
)
def test_an_expression_gives_a_value_or_nothing(text: str, value: object) -> None:
    assert Expression(text)(DOCUMENT) == value


@pytest.mark.parametrize("document", [None, [], "text", 7])
def test_a_document_of_another_kind_gives_nothing(document: object) -> None:
    assert Expression("a.b")(document) is None


@pytest.mark.parametrize("decimals", [2, 4])
def test_no_minute_is_lost_on_the_way_there_and_back(decimals: int) -> None:
    hours, minutes = Expression("hours(m)"), Expression("minutes(h)")

    back = [minutes({"h": round(hours({"m": each}), decimals)}) for each in range(1441)]

    assert back == list(range(1441))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("items[", "'items[' does not compile"),
        ("hours(minutes", "'hours(minutes' does not compile"),
        ("a b", "'a b' does not compile"),
        ("hour(minutes)", "calls hour(), which does not exist"),
        ("{a: [up(b)]}", "calls up(), which does not exist"),
    ],
)
def test_what_cannot_work_is_refused_at_once(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="expression") as refusal:
        Expression(text)
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)
