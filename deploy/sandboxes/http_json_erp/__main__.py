"""``python -m deploy.sandboxes.http_json_erp --port 8451 --delay-ms 20``."""

import asyncio
import json
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from deploy.sandboxes.http_json_erp.background import listening
from deploy.sandboxes.http_json_erp.erp import OwnErp
from deploy.sandboxes.http_json_erp.firm import masters_of


def main(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8451,
    host: str = "127.0.0.1",
    bearer: Annotated[
        str | None, typer.Option(envvar="OWN_ERP_TOKEN", help="Token to ask for; none: anyone.")
    ] = None,
    delay_ms: Annotated[float, typer.Option(help="How long every answer takes.")] = 0.0,
    ignore_keys: Annotated[bool, typer.Option(help="Post a repeated key again.")] = False,
    firm: Annotated[Path | None, typer.Option(help="TOML of a firm to start with.")] = None,
) -> None:
    """Serve until interrupted. The first line on standard output tells the address as JSON."""
    erp = OwnErp(bearer=bearer)
    erp.behaviour.delay_ms = delay_ms
    erp.behaviour.honours_keys = not ignore_keys
    if firm is not None:
        erp.masters.update(masters_of(tomllib.loads(firm.read_text(encoding="utf-8"))))
    asyncio.run(_serve(erp, host, port))


async def _serve(erp: OwnErp, host: str, port: int) -> None:
    async with listening(erp, host, port) as url:
        print(json.dumps({"url": url}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    typer.run(main)
