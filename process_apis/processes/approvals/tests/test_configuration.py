"""The approvals file, and what it says when it is wrong."""

from pathlib import Path

import pytest

from process_apis.processes.approvals.configuration import read_approvals
from shared.problems import ConfigurationError

WHOLE = """
[[connections]]
name = "timetagger-main"
mode = "policy"
scope = "period"
period = "month"
approvers = { default = " Petra@Example.com ", by_project = { HR-1042 = "carl@example.com" } }

[[connections.policies]]
id = "internal"
legal_entities = ["HRC-US"]
max_hours_per_day = 10
billable = false

[[connections]]
name = "clockify-main"

[people]
petra = "petra@example.com"
"oidc|17" = "carl@example.com"
"""


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "approvals.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_trackers_give_all_approvals() -> None:
    assert read_approvals(None).ours == frozenset()


def test_a_whole_file(tmp_path: Path) -> None:
    settings = read_approvals(_written(tmp_path, WHOLE))

    assert settings.ours == {"timetagger-main"}
    assert settings.by_policy == ["timetagger-main"]
    assert settings.of("clockify-main") is None
    table = settings.of("timetagger-main")
    assert table is not None
    assert table.people_asked == {"petra@example.com", "carl@example.com"}
    assert settings.people["oidc|17"] == "carl@example.com"


_TIMEPOST = '[[connections]]\nname = "c"\nmode = "timepost"\n'
_PETRA = '[people]\npetra = "petra@example.com"\n'
_ASKED = 'approvers = { default = "petra@example.com" }\n'


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[[connections]]\nname = 'C'\n", "connections[0].name", "pattern"),
        ("[[connections]]\nname = 'c'\nmode = 'boss'\n", "connections[0].mode", "'tracker'"),
        ("[[connections]]\nname = 'c'\n[[connections]]\nname = 'c'\n", "connections", "twice"),
        (_TIMEPOST, "connections[0]", "approvers.default has to name somebody"),
        (_TIMEPOST + _ASKED, "connections", "people lists no account of petra@example.com"),
        (_TIMEPOST + "approvers = { default = 'petra' }\n", "approvers.default", "pattern"),
        (_TIMEPOST.replace("timepost", "policy") + _ASKED + _PETRA, "connections[0]", "policies"),
        (
            _TIMEPOST + _ASKED + "colour = 'red'\n" + _PETRA,
            "connections[0].colour",
            "not permitted",
        ),
        ("[[connections]]\nname = 'c'\n" + _ASKED + _PETRA, "connections[0]", "no effect"),
        (
            WHOLE.replace("max_hours_per_day = 10\n", ""),
            "policies[0].max_hours_per_day",
            "required",
        ),
        (WHOLE.replace('["HRC-US"]', "[]"), "policies[0].legal_entities", "at least 1"),
        ("people = 3\n", "people", "dictionary"),
        ("surprise = 1\n", "surprise", "not permitted"),
    ],
)
def test_a_wrong_key_is_named_with_the_file_and_the_reason(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(ConfigurationError) as raised:
        read_approvals(path)
    assert str(path) in raised.value.detail
    (fault,) = raised.value.errors
    assert key in fault.field
    assert reason in fault.message


@pytest.mark.parametrize("text", ["[connections", b"\xff".decode("latin-1")])
def test_what_is_no_toml_is_said_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "approvals.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not valid TOML"):
        read_approvals(path)


def test_a_missing_file_is_named_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.toml cannot be read") as raised:
        read_approvals(tmp_path / "missing.toml")
    assert "TIMEPOST_PROCESS_APPROVALS_FILE" in raised.value.action
