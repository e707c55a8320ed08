"""Business days, as an escalation counts them."""

from datetime import UTC, datetime

import pytest

from process_apis.processes.exceptions.escalating import business_days_before


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2026-06-12T09:14", "2026-06-10T09:14"),  # Friday
        ("2026-06-08T09:14", "2026-06-04T09:14"),  # Monday
        ("2026-06-09T09:14", "2026-06-05T09:14"),  # Tuesday
        ("2026-06-13T09:14", "2026-06-11T09:14"),  # Saturday
        ("2026-06-14T09:14", "2026-06-11T09:14"),  # Sunday
    ],
)
def test_weekends_do_not_count(now: str, before: str) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert business_days_before(instant, 2) == datetime.fromisoformat(before).replace(tzinfo=UTC)
