"""Through all tiers into an ERP stand-in that takes 20 ms a call: single posts, then batches."""

from functools import partial

from tests.benchmarks.entries import Json
from tests.benchmarks.erps.own import OwnErp
from tests.benchmarks.ratio import beside_a_bare_loop
from tests.benchmarks.scenarios import Asked


def run(asked: Asked) -> Json:
    """A line in a call at 16 and at 64 in flight, then fifty in a call."""
    return beside_a_bare_loop(asked, partial(OwnErp, batched=False), partial(OwnErp, batched=True))
