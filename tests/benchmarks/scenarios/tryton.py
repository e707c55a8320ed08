"""Through all tiers into the real Tryton, beside a loop that creates the same lines by JSON-RPC."""

from tests.benchmarks.entries import Json
from tests.benchmarks.erps.tryton import TrytonErp
from tests.benchmarks.ratio import beside_a_bare_loop
from tests.benchmarks.scenarios import Asked


def run(asked: Asked) -> Json:
    """The connector as it is delivered: it creates what is due, up to fifty lines in a call."""
    return beside_a_bare_loop(asked, TrytonErp, TrytonErp)
