"""``python -m deploy.sandboxes.clockify --port 8431 --state .local/clockify.sqlite``."""

import json
import socket
import tomllib
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from deploy.sandboxes.clockify.app import create_sandbox
from deploy.sandboxes.clockify.firm import Firm, found


def main(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8431,
    host: str = "127.0.0.1",
    state: Annotated[Path | None, typer.Option(help="SQLite file; none: forget all.")] = None,
    firm: Annotated[Path | None, typer.Option(help="TOML of a firm to found at start.")] = None,
) -> None:
    """Serve until interrupted. The first line on standard output tells the address as JSON."""
    app = create_sandbox(state)
    listener = socket.create_server((host, port))
    ready: dict[str, object] = {"url": f"http://{host}:{listener.getsockname()[1]}"}
    if firm is not None:
        founded = found(
            app.state.platform.store, Firm.model_validate(tomllib.loads(firm.read_text()))
        )
        ready["firm"] = founded.model_dump()
    print(json.dumps(ready), flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    typer.run(main)
