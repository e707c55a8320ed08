"""What the app holds open, injected into routes under a name."""

from typing import Any

from fastapi import Depends, Request


def provided(name: str) -> Any:
    """A dependency on ``app.state.<name>``; aliases stand beside the thing they provide."""

    def take(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(take)
