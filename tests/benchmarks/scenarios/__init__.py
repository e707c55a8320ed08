"""One module for each scenario; its name is what `make bench SCENARIO=...` asks for.

A scenario is a function `run(asked)` that measures and gives the JSON object of the last line. Its
module's first line says what it is. Nothing else has to be touched to add one.
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from tests.benchmarks.entries import Json


@dataclass(frozen=True)
class Asked:
    """What the command line asks of a scenario.

    :param entries: how many each run sends; None leaves it to the scenario.
    :param workers: worker processes.
    """

    entries: int | None
    workers: int


Scenario = Callable[[Asked], Json]


def names() -> list[str]:
    """Scenarios that there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def scenario(name: str) -> Scenario:
    """
    :raises LookupError: there is none of this name.
    """
    if name not in names():
        raise LookupError(name)
    found: Scenario = import_module(f"{__name__}.{name}").run
    return found
