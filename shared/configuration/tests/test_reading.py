"""Settings as an operator meets them: by variable, and never by value."""

import traceback

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.configuration import StoppableTierSettings, TierSettings, read_settings, variable_of
from shared.problems import ConfigurationError
from shared.web import WebSettings


class MadeUpSettings(TierSettings):
    """A tier that exists in this test only."""

    model_config = SettingsConfigDict(env_prefix="TIMEPOST_MADE_UP_")

    places: tuple[str, ...] = ("here",)
    password: SecretStr
    region: str = Field(default="eu", validation_alias="FIRM_REGION")
    web: WebSettings = WebSettings(max_body_bytes=77)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {
        "PASSWORD": "s3cret-value",
        "IDENTITY__ISSUER": "https://login.example.com",
        "IDENTITY__AUDIENCE": "timepost-made-up",
    }.items():
        monkeypatch.setenv(f"TIMEPOST_MADE_UP_{name}", value)
    return monkeypatch


def read() -> MadeUpSettings:
    return read_settings(MadeUpSettings, "the made-up tier")


def test_one_setting_of_a_group_leaves_the_tiers_defaults(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("TIMEPOST_MADE_UP_WEB__THROTTLE_FACTOR", "2")
    settings = read()
    assert settings.web.throttle_factor == 2
    assert settings.web.max_body_bytes == 77


def test_everything_that_is_wrong_is_told_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("TIMEPOST_MADE_UP_PASSWORD")
    environment.setenv("TIMEPOST_MADE_UP_IDENTITY__LEEWAY_SECONDS", "s3cret-value")
    with pytest.raises(ConfigurationError, match="The settings of the made-up tier") as raised:
        read()
    assert {each.field for each in raised.value.errors} == {
        "TIMEPOST_MADE_UP_PASSWORD",
        "TIMEPOST_MADE_UP_IDENTITY__LEEWAY_SECONDS",
    }
    assert "s3cret-value" not in "".join(traceback.format_exception(raised.value))


def test_of_a_group_that_is_missing_each_variable_is_named(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("TIMEPOST_MADE_UP_IDENTITY__ISSUER")
    environment.delenv("TIMEPOST_MADE_UP_IDENTITY__AUDIENCE")
    with pytest.raises(ConfigurationError) as raised:
        read()
    assert {each.field for each in raised.value.errors} == {
        "TIMEPOST_MADE_UP_IDENTITY__ISSUER",
        "TIMEPOST_MADE_UP_IDENTITY__AUDIENCE",
    }


def test_a_list_that_is_no_json_is_told_without_its_text(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TIMEPOST_MADE_UP_PLACES", "s3cret-value")
    with pytest.raises(ConfigurationError, match='"places"') as raised:
        read()
    assert "s3cret-value" not in "".join(traceback.format_exception(raised.value))


def test_production_takes_no_issuer_over_plain_http(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TIMEPOST_MADE_UP_IDENTITY__ISSUER", "http://login.example.com")
    with pytest.raises(ConfigurationError, match=r"https:// in production"):
        read()
    environment.setenv("TIMEPOST_MADE_UP_ENVIRONMENT", "development")
    assert read().identity.issuer == "http://login.example.com"


def test_a_field_with_an_alias_is_called_by_it() -> None:
    assert variable_of(MadeUpSettings, ("FIRM_REGION",)) == "FIRM_REGION"
    assert variable_of(MadeUpSettings, ("identity", "issuer")) == (
        "TIMEPOST_MADE_UP_IDENTITY__ISSUER"
    )


class MortalSettings(StoppableTierSettings):
    """A tier that exists in this test only, and can be told to die."""

    model_config = SettingsConfigDict(env_prefix="TIMEPOST_MADE_UP_")


@pytest.mark.parametrize(
    ("kind", "point", "refusal"),
    [
        ("development", "nowhere", "is none of"),
        ("production", "handed_up", "must not be set in production"),
        (None, "handed_up:2", "must not be set in production"),
    ],
)
def test_where_a_process_kills_itself_is_named_rightly_and_never_in_production(
    environment: pytest.MonkeyPatch, kind: str | None, point: str, refusal: str
) -> None:
    if kind is not None:
        environment.setenv("TIMEPOST_MADE_UP_ENVIRONMENT", kind)
    environment.setenv("TIMEPOST_MADE_UP_CHAOS_STOP_AT", point)
    with pytest.raises(ConfigurationError, match=refusal):
        read_settings(MortalSettings, "the made-up tier")


def test_where_a_process_kills_itself_may_be_set_in_development(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("TIMEPOST_MADE_UP_ENVIRONMENT", "development")
    environment.setenv("TIMEPOST_MADE_UP_CHAOS_STOP_AT", "handed_up:2")
    settings = read_settings(MortalSettings, "the made-up tier")
    assert settings.chaos_stop_at == "handed_up:2"
