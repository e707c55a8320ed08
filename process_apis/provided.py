"""What the app holds open, injected into routes under a name."""

from typing import Any

from fastapi import Depends, Request


def provided(name: str) -> Any:
    """A dependency on ``app.state.<name>``; aliases stand beside the thing they provide.

    It is a coroutine although it waits for nothing: the framework sends plain functions to a
    thread, and under load that costs more than the rest of a request.
    """

    async def take(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(take)
