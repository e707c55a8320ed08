"""Log lines are JSON, carry what identifies them, and hold nothing confidential."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from shared.problems import ConfigurationError, UpstreamUnavailable
from shared.telemetry import TelemetrySettings, configure_logging
from shared.telemetry.redaction import bare_address, redacted


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    out = io.StringIO()
    configure_logging(TelemetrySettings(), out)
    yield out
    structlog.reset_defaults()


def only_line(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    record: dict[str, Any] = json.loads(line)
    return record


class Entry(BaseModel):
    minutes: int


@pytest.mark.parametrize(
    "fields",
    [
        {"Authorization": "hidden"},
        {"x_api_key": "hidden"},
        {"inner": {"client_secret": "hidden"}},
        {"entries": [{"narrative": "hidden"}, {"description": "hidden"}]},
        {"header": "Bearer hidden.part"},
        {"address": "postgresql://user:hidden@db/timepost"},
        {"address": "https://api.example/x?token=hidden"},
        {"jwt": "eyJhidden.eyJhidden.hidden"},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": "hidden"}}}}}}},
        {"settings": SecretStr("hidden")},
        {"unknown": type("Thing", (), {"__repr__": lambda _: "hidden"})()},
    ],
)
def test_confidential_fields_are_redacted(stream: io.StringIO, fields: dict[str, Any]) -> None:
    structlog.get_logger().info("something", **fields)
    assert only_line(stream)["event"] == "something"
    assert "hidden" not in stream.getvalue()


def test_plain_values_are_kept(stream: io.StringIO) -> None:
    structlog.get_logger().info(
        "posted", key="k-1", minutes=90, day=date(2026, 7, 1), amount=Decimal("1.50")
    )
    line = only_line(stream)
    assert (line["key"], line["minutes"]) == ("k-1", 90)
    assert (line["day"], line["amount"], line["level"]) == ("2026-07-01", "1.50", "info")
    assert line["timestamp"].endswith("Z")


def test_lines_of_libraries_have_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("procrastinate").warning("job %s", "7", extra={"password": "hidden"})
    line = only_line(stream)
    assert (line["event"], line["level"], line["password"]) == ("job 7", "warning", "[redacted]")


@pytest.mark.parametrize("name", ["httpx2", "uvicorn.access"])
def test_loggers_that_write_query_strings_are_silent(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("GET /webhooks?token=hidden")
    assert stream.getvalue() == ""


def test_the_text_of_an_exception_is_left_out_and_its_place_kept(stream: io.StringIO) -> None:
    try:
        int("hidden")
    except ValueError:
        structlog.get_logger().exception("failed")
    (failure,) = only_line(stream)["failure"]
    assert failure["type"] == "builtins.ValueError"
    assert "test_logging.py" in failure["at"][0]
    assert "hidden" not in stream.getvalue()


def test_a_validation_failure_names_its_fields_without_the_input(stream: io.StringIO) -> None:
    with pytest.raises(ValidationError) as caught:
        Entry.model_validate({"minutes": "hidden"})
    structlog.get_logger().error("failed", exc_info=caught.value)
    assert only_line(stream)["failure"][0]["fields"] == ["minutes: int_parsing"]
    assert "hidden" not in stream.getvalue()


def test_the_cause_of_a_problem_is_told(stream: io.StringIO) -> None:
    problem = UpstreamUnavailable("Tryton did not answer.")
    problem.__cause__ = ConnectionRefusedError(111, "Connection refused")
    structlog.get_logger().error("failed", exc_info=problem)
    texts = [failure["text"] for failure in only_line(stream)["failure"]]
    assert texts == ["Tryton did not answer.", "Connection refused"]


def test_the_parts_of_a_group_are_told(stream: io.StringIO) -> None:
    group = ExceptionGroup("hidden", [ConfigurationError("No issuer."), ValueError("hidden")])
    structlog.get_logger().error("failed", exc_info=group)
    (failure,) = only_line(stream)["failure"]
    assert [part["type"].split(".")[-1] for part in failure["parts"]] == [
        "ConfigurationError",
        "ValueError",
    ]
    assert "hidden" not in stream.getvalue()


def test_an_address_loses_user_query_and_fragment() -> None:
    assert bare_address("https://u:p@host:8/a/b?q=1#f") == "https://host:8/a/b"


def test_redaction_leaves_ordinary_text_alone() -> None:
    text = "12 postings for tryton-main at https://erp.example/x went through"
    assert redacted(text) == text


def test_a_second_set_up_replaces_the_first_and_no_other_handler(stream: io.StringIO) -> None:
    root = logging.getLogger()
    other = logging.NullHandler()
    root.addHandler(other)
    configure_logging(TelemetrySettings(), again := io.StringIO())
    logging.getLogger("procrastinate").warning("once")
    assert other in root.handlers
    root.removeHandler(other)
    assert stream.getvalue() == ""
    assert only_line(again)["event"] == "once"


def test_lines_go_to_the_standard_output_of_the_moment(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(TelemetrySettings())
    with contextlib.redirect_stdout(io.StringIO()) as replaced:
        structlog.get_logger().info("first")
        logging.getLogger("procrastinate").warning("second")
    structlog.get_logger().info("third")
    structlog.reset_defaults()
    assert [json.loads(line)["event"] for line in replaced.getvalue().splitlines()] == [
        "first",
        "second",
    ]
    assert json.loads(capsys.readouterr().out)["event"] == "third"


def test_lines_below_the_level_are_left_out() -> None:
    configure_logging(TelemetrySettings(log_level="WARNING"), out := io.StringIO())
    structlog.get_logger().info("quiet")
    logging.getLogger("procrastinate").info("quiet")
    structlog.get_logger().warning("loud")
    structlog.reset_defaults()
    assert only_line(out)["event"] == "loud"


def test_at_a_terminal_lines_are_readable_and_as_clean() -> None:
    configure_logging(TelemetrySettings(log_format="console"), out := io.StringIO())
    structlog.get_logger().info("posted", token="hidden", minutes=90)
    structlog.reset_defaults()
    assert "posted" in out.getvalue()
    assert "hidden" not in out.getvalue()
