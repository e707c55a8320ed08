"""The stand-in on a free port, in a thread of this process: for tests."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from deploy.sandboxes.http_json_erp.erp import OwnErp
from deploy.sandboxes.http_json_erp.wire import HttpProtocol


@asynccontextmanager
async def listening(erp: OwnErp, host: str, port: int) -> AsyncIterator[str]:
    """Address of a listening server; every connection ends with the block."""
    loop = asyncio.get_running_loop()
    connected: set[asyncio.Transport] = set()
    server = await loop.create_server(
        lambda: HttpProtocol(erp.answer, connected), host, port, backlog=512
    )
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for transport in list(connected):
            transport.abort()
        await asyncio.sleep(0)  # the loop closes their sockets in its next turn
        await server.wait_closed()


@contextmanager
def serving(erp: OwnErp) -> Iterator[str]:
    """Address of the stand-in, which ends with the block.

    :raises RuntimeError: it did not start within ten seconds.
    """
    started = threading.Event()
    loop = asyncio.new_event_loop()
    found: list[str] = []

    async def run() -> None:
        async with listening(erp, "127.0.0.1", 0) as url:
            found.append(url)
            started.set()
            await stopping.wait()

    stopping = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    if not started.wait(10):
        raise RuntimeError("the stand-in did not start")
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(timeout=10)
        loop.close()
