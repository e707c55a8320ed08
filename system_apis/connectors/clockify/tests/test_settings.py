"""Options: where the workspace is, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from system_apis.connectors.clockify.settings import ClockifySettings

_WORKSPACE = "64a687e29ae1f428e7ebe303"


def _settings(**changes: Any) -> ClockifySettings:
    return ClockifySettings.model_validate(
        {"api_key": "key-of-an-administrator", "workspace_id": _WORKSPACE, **changes}
    )


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({}, "https://api.clockify.me/api"),
        ({"region": "euc1"}, "https://euc1.clockify.me/api"),
        ({"region": "apse2"}, "https://apse2.clockify.me/api"),
        ({"base_url": "http://127.0.0.1:8431/api"}, "http://127.0.0.1:8431/api"),
    ],
)
def test_the_region_decides_the_address(changes: dict[str, Any], address: str) -> None:
    settings = _settings(**changes)
    assert settings.workspace_url == f"{address}/v1/workspaces/{_WORKSPACE}"
    assert settings.user_url == f"{address}/v1/user"


@pytest.mark.parametrize(
    "changes",
    [
        {"workspace_id": "../../user"},
        {"region": "mars1"},
        {"base_url": "ftp://clockify.example/api"},
        {"base_url": "https://clockify.example/api/"},
        {"requests_per_second": 51},
        {"project_code_pattern": "("},
        {"project_code_pattern": r"^[A-Z]+-\d+"},
        {"default_timezone": "Mars/Olympus"},
        {"webhook_token": "singular"},
    ],
)
def test_wrong_options_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _settings(**changes)


def test_secrets_do_not_show() -> None:
    shown = repr(_settings(webhook_tokens=["token-of-a-webhook"]))
    assert "key-of-an-administrator" not in shown
    assert "token-of-a-webhook" not in shown
