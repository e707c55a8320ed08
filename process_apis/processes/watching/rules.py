"""Whether an hour is silent that is usually busy. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from process_apis.processes.watching.settings import WatchSettings


@dataclass(frozen=True)
class Hour:
    """What arrived in one hour: pushed by the tracker, or found by sweeps."""

    pushed: int = 0
    found: int = 0


@dataclass(frozen=True)
class Silence:
    """Nothing came by the way by which it usually comes.

    :param pushed: that way is webhooks; a sweep that finds something does not end it.
    """

    pushed: bool
    usual: tuple[int, ...]


def silence(hour: Hour, earlier: Sequence[Hour], settings: WatchSettings) -> Silence | None:
    """What there is to say about an hour, beside the same hour of earlier weeks, latest first.

    Where webhooks came in any of them, webhooks are what is missed: sweeps go on finding things
    when webhooks have died, and that is just what nobody would notice.
    """
    if not settings.busy_from or len(earlier) < settings.weeks_needed:
        return None
    by_webhook = any(each.pushed for each in earlier)
    usual = tuple(each.pushed if by_webhook else each.found for each in earlier)
    came = hour.pushed if by_webhook else hour.found
    if came or median(usual) < settings.busy_from:
        return None
    return Silence(by_webhook, usual)
