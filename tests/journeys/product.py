"""The whole product as real processes, and what a test waits for and looks at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local.addresses import free_addresses
from deploy.local.connections_file import ERP
from deploy.local.processes import ManagedProcess
from deploy.local.scenario.operator import CLIENT, Operator
from deploy.local.stack import Arrangement, Stack
from deploy.local.steps import Steps
from deploy.local.supervisor import Supervisor
from deploy.tryton.build import Variant
from deploy.tryton.reader import TrytonReader
from tests.journeys.fault_proxy import FaultProxy, fault_proxy
from tests.journeys.own_systems import OWN_ERP, OwnSystems, own_systems

PATIENCE_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.25
WORKERS = ("worker-1", "worker-2")

# Both begin with stock, so that pytest can play all journeys of one product before the next.
ON_BOTH = pytest.mark.parametrize("product", ["stock", "with_reference"], indirect=True)
ON_STOCK = pytest.mark.parametrize("product", ["stock"], indirect=True)

# Long enough for a busy machine, short enough for somebody who waits for a test. Nothing is swept
# unless a test asks for it, so that what arrives has arrived by webhook.
TIMES = {
    "TIMEPOST_PROCESS_SWEEP_EVERY_SECONDS": "86400",
    "TIMEPOST_PROCESS_COMPARE_EVERY_SECONDS": "86400",
    "TIMEPOST_PROCESS_MASTERS_EVERY_SECONDS": "86400",
    "TIMEPOST_PROCESS_TIMING__CALL": "6",
    "TIMEPOST_PROCESS_TIMING__ANSWER": "8",
    "TIMEPOST_PROCESS_TIMING__LEASE": "10",
    "TIMEPOST_PROCESS_TIMING__READING_LEASE": "10",
    "TIMEPOST_PROCESS_TIMING__RETRY_FIRST": "1",
    "TIMEPOST_PROCESS_TIMING__RETRY_MOST": "4",
    "TIMEPOST_PROCESS_TIMING__OUTAGE_PAUSE": "2",
}
ERP_TIMES = {"timeout_seconds": 6, "settle_seconds": 3}


@dataclass
class Product:
    """One run. `written`: every narrative that people have entered, for none may be told.

    :param own: a tracker and an ERP that are configured beside those of the demo.
    """

    stack: Stack
    supervisor: Supervisor
    proxy: FaultProxy
    own: OwnSystems
    variant: Variant
    written: set[str] = field(default_factory=set)
    weeks_given: set[tuple[str, str]] = field(default_factory=set)

    def url(self, service: str) -> str:
        return self.stack.addresses.url(service)

    def process(self, name: str) -> ManagedProcess:
        return self.supervisor.process(name)

    def operator(self) -> Operator:
        secret = self.stack.secrets.clients[CLIENT]
        return Operator(self.url("process"), self.url("identity"), secret)

    def read_erp(self) -> TrytonReader:
        """A session of its own with the ERP, beside the proxy and beside our connector."""
        return self.stack.erp.reader()

    def kill(self, *names: str) -> None:
        """SIGKILL, as a power cut would."""
        for name in names:
            self.process(name).kill()

    def start(self, *names: str) -> None:
        for name in names:
            self.process(name).start()

    def logs(self) -> Iterator[Path]:
        """Every log file of the run, those of the platforms included."""
        yield from sorted(self.stack.directory.rglob("*.log"))


@contextmanager
def running_product(directory: Path, variant: Variant) -> Iterator[Product]:
    """Everything started, and the ERP's masters read."""
    console = Console(quiet=True)
    addresses = free_addresses()
    with (
        fault_proxy(addresses.tryton) as proxy,
        own_systems() as own,
        Supervisor(directory, console.print) as supervisor,
    ):
        arrangement = Arrangement(addresses, TIMES, proxy.url, ERP_TIMES, own.connections)
        stack = Stack(supervisor, Steps(console), variant, arrangement)
        own.keep_secrets(stack.directory / "secrets")
        stack.start()
        product = Product(stack, supervisor, proxy, own, variant)
        for erp in (ERP, OWN_ERP):
            asyncio.run(read_masters(product, erp))
        yield product


async def read_masters(product: Product, erp: str = ERP) -> None:
    """Have an ERP's masters read now, as an operator does."""
    async with product.operator() as operator:

        async def connection_is_known() -> bool:
            return await operator.knows(erp)

        await until(product, "the process tier knows its connections", connection_is_known)
        run_id = await operator.refresh_masters(erp)

        async def masters_are_read() -> bool:
            return bool((await operator.masters_run(run_id))["status"] == "DONE")

        await until(product, f"the masters of {erp} are read", masters_are_read)


async def until(
    product: Product,
    what: str,
    check: Callable[[], Awaitable[bool]],
    seconds: float = PATIENCE_SECONDS,
) -> None:
    """Wait until something is so.

    :raises AssertionError: it was not, within the patience; with all that tells why.
    """
    give_up = time.monotonic() + seconds
    while not await check():
        if time.monotonic() > give_up:
            raise AssertionError(f"not so after {seconds:.0f} s: {what}\n{await dump(product)}")
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def dump(product: Product) -> str:
    """What stands where, for somebody who reads a failed test."""
    told = [f"variant {product.variant}, directory {product.stack.directory}"]
    try:
        async with product.operator() as operator:
            told.append(f"status: {await operator.status()}")
            told += [f"case: {case}" for case in await operator.open_cases()]
    except Exception as problem:  # noqa: BLE001 - the process tier may be what is missing
        told.append(f"the process tier does not tell: {problem!r}")
    told += [f"call into the ERP: {call}" for call in product.proxy.calls[-15:]]
    for path in product.logs():
        lines = path.read_text(errors="replace").splitlines()[-12:]
        told += [f"--- {path.name}", *(line[:400] for line in lines)]
    return "\n".join(told)
