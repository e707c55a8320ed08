"""Settings come from the environment, and their errors name variables, never values."""

import pytest

from experience_apis.app import create_app
from experience_apis.settings import read_settings
from shared.problems import ConfigurationError

_COMPLETE = {
    "TIMEPOST_EXPERIENCE_PROCESS_URL": "http://process:8200/",
    "TIMEPOST_EXPERIENCE_IDENTITY__ISSUER": "https://login.example.com",
    "TIMEPOST_EXPERIENCE_IDENTITY__CLIENT_SECRET": "s3cret-value",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in _COMPLETE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_three_variables_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = read_settings()
    assert settings.identity.audience == "timepost-experience"
    assert settings.identity.client_id == "timepost-experience"
    assert "s3cret-value" not in repr(settings)


@pytest.mark.parametrize("missing", _COMPLETE)
def test_a_missing_variable_is_named(environment: pytest.MonkeyPatch, missing: str) -> None:
    environment.delenv(missing)
    with pytest.raises(ConfigurationError) as raised:
        create_app()
    assert [error.field for error in raised.value.errors] == [missing]
    assert missing in raised.value.detail


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TIMEPOST_EXPERIENCE_PROCESS_URL", "process:8200"),
        ("TIMEPOST_EXPERIENCE_IDENTITY__ISSUER", "login.example.com"),
        ("TIMEPOST_EXPERIENCE_IDENTITY__CLIENT_SECRET", ""),
        ("TIMEPOST_EXPERIENCE_PROCESS_TIMEOUT_SECONDS", "0"),
        ("TIMEPOST_EXPERIENCE_WEB__THROTTLE_FACTOR", "none"),
    ],
)
def test_a_wrong_value_is_refused_without_a_secret(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    with pytest.raises(ConfigurationError) as raised:
        create_app()
    assert [error.field for error in raised.value.errors] == [variable]
    assert "s3cret-value" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_production_takes_no_issuer_over_plain_http(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TIMEPOST_EXPERIENCE_IDENTITY__ISSUER", "http://login.example.com")
    with pytest.raises(ConfigurationError, match=r"issuer must start with https"):
        create_app()
    environment.setenv("TIMEPOST_EXPERIENCE_ENVIRONMENT", "development")
    assert read_settings().identity.issuer == "http://login.example.com"
