"""Options that cannot work are refused when the connection is read."""

from typing import Any

import pytest
from pydantic import ValidationError

from system_apis.connectors.timetagger.settings import TimeTaggerSettings

ADA = {"email": "ada@x.example", "name": "Ada", "timezone": "UTC", "api_token": "t"}


def options(**changes: Any) -> dict[str, Any]:
    return {"base_url": "https://x.example/timetagger", "people": [ADA], **changes}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"people": []}, "at least 1"),
        ({"people": [ADA, {**ADA, "email": "ADA@x.example"}]}, "stand there twice: ada@x.example"),
        ({"people": [{**ADA, "timezone": "Berlin"}]}, "IANA"),
        ({"people": [{**ADA, "id": "a:b"}]}, "pattern"),
        ({"tags": [{"project": "X"}]}, "either a tag or a pattern"),
        ({"tags": [{"tag": "a", "pattern": "a"}]}, "either a tag or a pattern"),
        ({"tags": [{"tag": "#a"}]}, "pattern"),
        ({"tags": [{"pattern": "("}]}, "not a regular expression"),
        ({"tags": [{"pattern": "(?P<client>.)"}]}, "groups that are not known: client"),
        ({"feedback_tag": "two words"}, "pattern"),
        ({"base_url": "https://x.example/timetagger/"}, "pattern"),
    ],
)
def test_wrong_options_are_refused_with_a_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TimeTaggerSettings.model_validate(options(**changes))


def test_a_token_shows_nowhere() -> None:
    settings = TimeTaggerSettings.model_validate(options(people=[{**ADA, "api_token": "s3cret"}]))

    assert "s3cret" not in f"{settings!r} {settings.model_dump_json()}"
