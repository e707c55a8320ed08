"""Options that cannot work are refused when they are read."""

from typing import Any

import pytest
from pydantic import ValidationError

from system_apis.connectors.scim.tests.conftest import settings_for

URL = "https://directory.example.com/scim/v2"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"base_url": f"{URL}/"}, "base_url"),
        ({"base_url": "directory.example.com"}, "base_url"),
        ({"page_size": 1}, "page_size"),
        ({"sort_by": "meta.lastModified"}, "sort_by"),
        ({"pagesize": 10}, "pagesize"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings_for(URL, **options)

    assert [each["loc"] for each in caught.value.errors()] == [(field,)]
    assert "directory-token" not in str(caught.value)
