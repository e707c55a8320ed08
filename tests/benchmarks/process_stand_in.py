"""``python -m tests.benchmarks.process_stand_in``: takes events as a commit lets it."""

import asyncio
import json
from typing import Annotated

import typer

from deploy.sandboxes.http_json_erp.wire import Call, HttpProtocol, Reply, in_json

COMMIT_SECONDS = 0.01


class ProcessStandIn:
    """`POST /v1/events` answers 202 after the time of a commit; counts what it took."""

    def __init__(self) -> None:
        self.requests = 0
        self.events = 0

    def answer(self, call: Call) -> Reply:
        """The answer to a call."""
        if call.path != "/v1/events":
            return in_json(200, {"requests": self.requests, "events": self.events})
        self.requests += 1
        self.events += len(json.loads(call.body))
        return in_json(202, {}, delay=COMMIT_SECONDS)


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    connected: set[asyncio.Transport] = set()
    stand_in = ProcessStandIn()
    server = await loop.create_server(
        lambda: HttpProtocol(stand_in.answer, connected), "127.0.0.1", port, backlog=512
    )
    await server.serve_forever()


def main(port: Annotated[int, typer.Option(help="Where to listen.")]) -> None:
    """Serve until interrupted."""
    asyncio.run(_serve(port))


if __name__ == "__main__":
    typer.run(main)
