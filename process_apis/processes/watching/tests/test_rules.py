"""When silence is worth a case."""

import pytest

from process_apis.processes.watching.rules import Hour, Silence, silence
from process_apis.processes.watching.settings import WatchSettings

SETTINGS = WatchSettings(weeks=6, weeks_needed=4, busy_from=10)
BUSY = [Hour(pushed=40)] * 5


def test_a_busy_hour_without_anything_is_silent() -> None:
    assert silence(Hour(), BUSY, SETTINGS) == Silence(pushed=True, usual=(40,) * 5)


@pytest.mark.parametrize(
    ("hour", "earlier"),
    [
        (Hour(pushed=1), BUSY),
        (Hour(), BUSY[:3]),
        (Hour(), [Hour(pushed=9)] * 5),
        (Hour(), [Hour(), Hour(), Hour(), Hour(pushed=500), Hour(pushed=500)]),
        (Hour(), []),
    ],
    ids=["something came", "too few weeks", "never busy", "busy twice only", "unknown"],
)
def test_whatever_else_is_not(hour: Hour, earlier: list[Hour]) -> None:
    assert silence(hour, earlier, SETTINGS) is None


def test_a_holiday_among_the_weeks_makes_the_hour_no_quiet_one() -> None:
    assert silence(Hour(), [Hour(), *BUSY[:3]], SETTINGS) is not None


def test_what_sweeps_find_is_no_webhook() -> None:
    """Sweeps go on when webhooks have died: that is what has to be noticed."""
    assert silence(Hour(found=30), BUSY, SETTINGS) is not None


def test_of_a_tracker_without_webhooks_sweeps_are_missed() -> None:
    earlier = [Hour(found=20)] * 4
    assert silence(Hour(), earlier, SETTINGS) == Silence(pushed=False, usual=(20,) * 4)
    assert silence(Hour(found=1), earlier, SETTINGS) is None


def test_it_can_be_switched_off() -> None:
    assert silence(Hour(), BUSY, SETTINGS.model_copy(update={"busy_from": 0})) is None
