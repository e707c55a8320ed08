"""An entry as Nameless gives it, and what becomes of it."""

from datetime import date
from typing import Any

from system_apis.connector_templates.time_tracking.mapping import to_time_entry
from system_apis.connector_templates.time_tracking.platform_models import Entry

# As the API answers it, with names and texts made up.
RECORDED: dict[str, Any] = {}


def test_a_recorded_entry_is_understood() -> None:
    assert RECORDED, "Put an answer of the API into RECORDED."

    entry = to_time_entry(Entry.model_validate(RECORDED), "Europe/Berlin")

    assert entry.external_id == RECORDED["id"]
    assert entry.minutes > 0, "Say here what you expect of each field."
    assert entry.work_date > date(2000, 1, 1), "Say here what you expect of each field."
