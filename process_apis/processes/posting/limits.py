"""How much of a connection all workers together may use, where it says so. Pure: no I/O."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from process_apis.upstream.erp import ErpAbilities

# So much of a second's worth may go at once: batches stay sensible, and the rate holds.
BURST = timedelta(seconds=1)


@dataclass(frozen=True)
class Admission:
    """How many postings may be sent now.

    :param used_until: up to when the rate is used, before these.
    :param wait: until at least one may be sent, if none may.
    """

    postings: int
    used_until: datetime
    wait: timedelta = timedelta()


def are_declared(abilities: ErpAbilities) -> bool:
    """Whether the connection sets any limit; most do not."""
    return abilities.max_concurrent_batches is not None or abilities.postings_per_second is not None


def admitted(
    abilities: ErpAbilities, limit: int, under_way: int, used_until: datetime | None, now: datetime
) -> Admission:
    """How many of ``limit`` postings may go.

    :param under_way: batches that any worker is sending at this moment.
    """
    start = max(used_until or now, now)
    most = abilities.max_concurrent_batches
    if most is not None and under_way >= most:
        # Whoever sends them goes on by itself, so nobody has to wait for it.
        return Admission(0, start)
    rate = abilities.postings_per_second
    if rate is None:
        return Admission(limit, start)
    interval = timedelta(seconds=1 / rate)
    burst = max(BURST, interval)
    free = math.floor((burst - (start - now)) / interval)
    if free < 1:
        return Admission(0, start, wait=start - now - burst + interval)
    return Admission(min(limit, free), start)


def used_after(abilities: ErpAbilities, admission: Admission, sent: int) -> datetime:
    """Up to when the rate is used, after so many were taken."""
    rate = abilities.postings_per_second
    return admission.used_until + timedelta(seconds=sent / rate if rate else 0)
