"""A configuration that cannot work stops the start, with the key and the expression."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.problems import ConfigurationError
from system_apis.connections import read_connections
from system_apis.connections_example import example_of
from system_apis.connectors.http_json import CONNECTOR
from system_apis.connectors.http_json.settings import HttpJsonSettings
from system_apis.connectors.http_json.tests.conftest import (
    README,
    batch_options,
    documented_options,
    taking_back_options,
)

Options = dict[str, Any]


def changed(path: str, value: Any) -> Options:
    """The documented options with one place changed; None takes it away."""
    options = documented_options("https://erp.example.com")
    options["batch"] = batch_options()
    within = options
    *parents, last = path.split("/")
    for parent in parents:
        within = within[parent]
    if value is None:
        del within[last]
    else:
        within[last] = value
    return options


def test_the_documented_options_are_taken() -> None:
    settings = HttpJsonSettings.model_validate(changed("timeout_seconds", 5))

    assert settings.timeout_seconds == 5
    assert "token-of-timepost" not in repr(settings)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("posting/fields/hours", "hours(minutes", "'hours(minutes' does not compile"),
        ("posting/fields/hours", "hour(minutes)", "hour(), which does not exist"),
        ("posting/fields/hours", "minute", "fields.hours = 'minute' yields nothing"),
        ("posting/fields/hours", "hours(work_date)", "fields.hours = 'hours(work_date)' yields"),
        ("posting/fields/hours", 7, "must be a JMESPath expression"),
        ("posting/answer/external_id", "number", "answer.external_id = 'number' yields nothing"),
        ("posting/answer/external_id", None, "answer.external_id is missing"),
        ("posting/answer/colour", "id", "answer.colour is not known"),
        ("posting/example", "{", "is not JSON"),
        ("posting/example", 7, "must be an answer of the ERP"),
        ("posting/accepted", "ok", "accepted = 'ok' is not true of the example"),
        ("posting/path", "/hours/{person}", "path holds {person}, which is not known"),
        ("posting/path", "hours", "pattern"),
        ("batch/outcomes", "lines", "outcomes = 'lines' yields no outcome"),
        ("batch/reference", "ref", "batch.reference = 'ref' yields nothing"),
        ("batch/answer", {"external_id": "id"}, "answer.external_id = 'id' yields nothing"),
        ("batch/recognises_keys", False, "native_replay with a batch needs batch.recognises_keys"),
        ("lookup/items", "lines", "there is no list at 'lines'"),
        ("lookup/example", '{"items": []}', "the example holds no element"),
        ("lookup/query", {}, "then exact must be false"),
        ("lookup/query", {"r": "reference"}, "query.r = 'reference' yields nothing"),
        ("lookup/fields/posting_key", None, "fields.posting_key is missing"),
        ("lookup/fields/minutes", "time", "fields.minutes = 'time' yields nothing"),
        ("lookup/fields/work_date", "id", "fields do not fit the example: work_date"),
        ("reading/path", "/hours", "path holds no {external_id}"),
        ("masters/workers/fields/name", "full_name", "masters.workers: fields.name = 'full_name'"),
        ("masters/projects/fields/status", "closed", "masters.projects: fields do not fit"),
        ("masters/colours", {}, "legal-entities"),
        ("masters/workers/paging/style", "cursor", "following is missing"),
        ("refusals/rules", [{"class": "rejected"}], "a rule needs status, or when, or both"),
        ("refusals/rules", [{"class": "odd", "status": [400]}], "period_closed"),
        ("refusals/rules", [{"class": "rejected", "when": "a["}], "'a[' does not compile"),
        ("refusals/message", "error.", "does not compile"),
        ("authentication/token", None, "token is missing"),
        ("authentication/token", "two\nlines", "no HTTP header may hold"),
        ("idempotency_header", "X Key", "pattern"),
        ("base_url", "erp.example.com", "pattern"),
        ("concurrency", 0, "greater than or equal to 1"),
        ("colour", "red", "Extra inputs"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(path: str, value: Any, reason: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        HttpJsonSettings.model_validate(changed(path, value))

    assert reason in str(refusal.value)
    assert "token-of-timepost" not in str(refusal.value)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"idempotency": "marker_search", "lookup": None}, "marker_search needs a lookup"),
        (
            {
                "idempotency": "none",
                "idempotency_header": None,
                "posting": {
                    "path": "/hours",
                    "fields": {"hours": "minutes"},
                    "answer": {"external_id": "id"},
                    "example": '{"id": 1}',
                },
            },
            "posting_key is sent nowhere",
        ),
        (taking_back_options() | {"reading": None}, "deleting needs a reading"),
        ({"deleting": {"path": "/hours"}}, "neither path nor fields hold target_line"),
        (
            {"updating": {"path": "/hours/{target_line}", "fields": {"hours": "minutes"}}},
            "updating has to write posting_key",
        ),
        ({"deleting": {"path": "/hours/{line}"}}, "path holds {line}, which is not known"),
    ],
)
def test_sections_have_to_fit_together(options: Options, reason: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        HttpJsonSettings.model_validate(documented_options("https://erp.example.com", **options))

    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (
            'hours = "hours(minutes)"',
            'hours = "hours(minutes"',
            "connections[0].options.posting.fields.hours",
            "'hours(minutes' does not compile",
        ),
        (
            'hours = "hours(minutes)"',
            'hours = "hours(minute)"',
            "connections[0].options.posting",
            "fields.hours = 'hours(minute)' yields nothing",
        ),
        (
            'items = "items"\nfields = { external_id = "id", code = "id"',
            'items = "items"\nfields = { external_id = "number", code = "id"',
            "connections[0].options",
            "masters.clients: fields.external_id = 'number' yields nothing",
        ),
    ],
)
def test_the_server_does_not_start_and_says_where(
    tmp_path: Path, old: str, new: str, field: str, reason: str
) -> None:
    text = README.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert old in text
    (tmp_path / "c.toml").write_text(text.replace(old, new))

    with pytest.raises(ConfigurationError) as refusal:
        read_connections(tmp_path / "c.toml", {"http_json": CONNECTOR}, {"OWN_ERP_TOKEN": "x"})

    (error,) = refusal.value.errors
    assert error.field == field
    assert reason in error.message


def test_the_example_of_the_connections_file_is_taken(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(example_of([CONNECTOR]))

    (read,) = read_connections(tmp_path / "c.toml", {"http_json": CONNECTOR}, {})

    assert isinstance(read.settings, HttpJsonSettings)
