"""The connections file: what is read from it, and how each mistake is told."""

from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from shared.problems import ConfigurationError
from system_apis.capabilities.connector import Connector
from system_apis.connections import Connection, read_connections


class WebhookSettings(BaseModel):
    tokens: list[SecretStr] = []
    by_event: dict[str, SecretStr] = {}


class LedgerSettings(BaseModel):
    base_url: str
    api_key: SecretStr
    second_key: SecretStr | None = None
    page_size: int = 50
    webhooks: WebhookSettings = WebhookSettings()


def never_opened(settings: object, context: object) -> object:
    raise AssertionError("reading the file opens nothing")


CONNECTORS = {
    "ledger": Connector("ledger", "Ledger", "erp", LedgerSettings, never_opened),  # type: ignore[arg-type]
}

GOOD = """
[[connections]]
name = "ledger-de"
connector = "ledger"
legal_entities = ["HRC-DE", "HRC-AT"]
[connections.options]
base_url = "https://ledger.example.com"
api_key = { env = "LEDGER_KEY" }
"""


def read(folder: Path, text: str, **environment: str) -> list[Connection]:
    file = folder / "connections.toml"
    file.write_text(text, encoding="utf-8")
    return read_connections(file, CONNECTORS, {"LEDGER_KEY": "s3cret-value", **environment})


def faults(folder: Path, text: str) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    assert str(folder / "connections.toml") in caught.value.detail
    assert "s3cret-value" not in caught.value.detail
    found = {fault.field: fault.message for fault in caught.value.errors}
    for key, reason in found.items():
        assert f"{key}: {reason}" in caught.value.detail
    return found


def test_a_connection_is_read_with_its_secret_resolved_from_the_environment(
    tmp_path: Path,
) -> None:
    (connection,) = read(tmp_path, GOOD)

    assert (connection.name, connection.connector.name) == ("ledger-de", "ledger")
    assert connection.legal_entities == ("HRC-DE", "HRC-AT")
    assert isinstance(connection.settings, LedgerSettings)
    assert connection.settings.api_key.get_secret_value() == "s3cret-value"
    assert "s3cret-value" not in repr(connection)


def test_a_connection_has_the_zone_of_its_people(tmp_path: Path) -> None:
    in_vienna = GOOD.replace(
        "[connections.options]", 'timezone = "Europe/Vienna"\n[connections.options]'
    )
    nowhere = in_vienna.replace("Vienna", "Atlantis")

    assert read(tmp_path, GOOD)[0].timezone == "UTC"
    assert read(tmp_path, in_vienna)[0].timezone == "Europe/Vienna"
    assert "connections[0].timezone" in faults(tmp_path, nowhere)


def test_a_secret_is_read_from_a_file_beside_the_connections_file(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ledger").write_text("from-file\n")

    (connection,) = read(
        tmp_path, GOOD.replace('{ env = "LEDGER_KEY" }', '{ file = "keys/ledger" }')
    )

    assert isinstance(connection.settings, LedgerSettings)
    assert connection.settings.api_key.get_secret_value() == "from-file"


def test_secrets_are_found_in_nested_tables_lists_and_optional_fields(tmp_path: Path) -> None:
    text = GOOD + (
        'second_key = { env = "SECOND" }\n'
        'webhooks.tokens = [{ env = "T1" }, { env = "T2" }]\n'
        'webhooks.by_event.NEW = { env = "T3" }\n'
    )

    (connection,) = read(tmp_path, text, SECOND="2", T1="t1", T2="t2", T3="t3")

    settings = connection.settings
    assert isinstance(settings, LedgerSettings)
    assert settings.second_key is not None
    assert settings.second_key.get_secret_value() == "2"
    assert [token.get_secret_value() for token in settings.webhooks.tokens] == ["t1", "t2"]
    assert settings.webhooks.by_event["NEW"].get_secret_value() == "t3"


@pytest.mark.parametrize(
    "value",
    [
        '"s3cret-value"',
        "12345",
        '{ env = "LEDGER_KEY", file = "x" }',
        '{ value = "s3cret-value" }',
        "{ env = 1 }",
        '["s3cret-value"]',
    ],
)
def test_a_secret_that_is_not_a_reference_is_refused_without_repeating_it(
    tmp_path: Path, value: str
) -> None:
    found = faults(tmp_path, GOOD.replace('{ env = "LEDGER_KEY" }', value))

    assert found == {
        "connections[0].options.api_key": (
            'it is a secret: write { env = "NAME" } or { file = "path" }, not the value'
        )
    }


def test_a_literal_in_a_nested_list_of_secrets_is_refused_by_its_place(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + 'webhooks.tokens = [{ env = "LEDGER_KEY" }, "s3cret-value"]\n')

    assert list(found) == ["connections[0].options.webhooks.tokens[1]"]


def test_a_reference_to_nothing_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    key = "connections[0].options.api_key"
    reference = '{ env = "LEDGER_KEY" }'

    unset = faults(tmp_path, GOOD.replace("LEDGER_KEY", "NOWHERE"))
    absent = faults(tmp_path, GOOD.replace(reference, '{ file = "absent" }'))
    empty = faults(tmp_path, GOOD.replace(reference, '{ file = "empty" }'))

    assert unset == {key: "the environment variable NOWHERE is not set, or empty"}
    assert absent == {key: f"the file {tmp_path / 'absent'} cannot be read (FileNotFoundError)"}
    assert empty == {key: f"the file {tmp_path / 'empty'} is empty"}


def test_every_fault_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('"ledger-de"', '"Ledger DE"') + (
        '[[connections]]\nname = "b"\nconnector = "unheard_of"\nlegal_entities = ["X"]\n'
        '[[connections]]\nname = "c"\nconnector = "ledger"\nlegal_entities = []\n'
        '[[connections]]\nname = "d"\nconnector = "ledger"\nlegal_entities = ["X"]\n'
        'options.base_url = 5\noptions.api_key = { env = "LEDGER_KEY" }\noptions.paeg_size = 1\n'
    )

    found = faults(tmp_path, text)

    assert list(found) == [
        "connections[0].name",
        "connections[1].connector",
        "connections[2].legal_entities",
        "connections[3].options.base_url",
        "connections[3].options.paeg_size",
    ]
    assert found["connections[1].connector"] == "'unheard_of' is not known; known are ledger"
    assert found["connections[3].options.base_url"] == "Input should be a valid string"


def test_a_name_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD + GOOD) == {
        "connections[1].name": "'ledger-de' stands there twice"
    }


def test_a_misspelt_table_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, "[[conections]]\nname = 'a'\n") == {"conections": "is not known here"}
    assert faults(tmp_path, "[connections]\nname = 'a'\n") == {
        "connections": "must be written as [[connections]]"
    }


def test_broken_toml_is_told_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"is not valid TOML: .*line 3"):
        read(tmp_path, "\n\n[[connections\n")


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        read_connections(tmp_path / "absent.toml", CONNECTORS, {})

    assert "timepost connections example" in caught.value.action
