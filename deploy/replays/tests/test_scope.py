"""From what is typed to what is meant."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.replays.scope import Options, scope_of
from shared.problems import ConfigurationError

_NOTHING = Options(None, None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("typed", "scope"),
    [
        ({"entry": "c:e:1"}, {"kind": "entry", "connection": "c", "external_id": "e:1"}),
        ({"problem": "EX|p"}, {"kind": "problem", "fingerprint": "EX|p"}),
        ({"delivery": "c:d"}, {"kind": "batch", "connection": "c", "delivery_id": "d"}),
        ({"trace": "c:ab"}, {"kind": "batch", "connection": "c", "trace_id": "ab"}),
        ({"connection": "erp"}, {"kind": "connection", "connection": "erp"}),
        (
            {"received_from": "A", "received_to": "B"},
            {"kind": "window", "received_from": "A", "received_to": "B"},
        ),
        (
            {"received_from": "A", "received_to": "B", "connection": "erp"},
            {"kind": "window", "received_from": "A", "received_to": "B", "connection": "erp"},
        ),
    ],
)
def test_each_option_is_a_scope(typed: dict[str, str], scope: dict[str, Any]) -> None:
    assert scope_of(replace(_NOTHING, **typed)) == scope


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"entry": "c:e", "problem": "p"},
        {"entry": "c:e", "connection": "c"},
        {"entry": "e"},
        {"entry": ":e"},
        {"delivery": "c:"},
        {"received_from": "A"},
        {"received_to": "B"},
    ],
)
def test_what_means_nothing_or_two_things_is_asked_back(typed: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        scope_of(replace(_NOTHING, **typed))
