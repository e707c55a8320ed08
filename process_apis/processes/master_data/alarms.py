"""What stewards are told of a connection's masters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

AlarmCode = Literal[
    "MD_FEED_SHRANK",
    "MD_OWNERSHIP_CONFLICT",
    "MP_CODE_DRIFT",
    "MD_PUSH_REFUSED",
    "MD_REPAIR_STUCK",
]


@dataclass(frozen=True)
class Alarm:
    """What a steward is told of a connection's masters.

    :param code: of the exception catalogue.
    :param over: why there is nothing to do any more; None as long as there is.
    """

    code: AlarmCode
    connection: str
    since: datetime
    said: str = ""
    over: str | None = None


# Tells stewards, within the transaction that makes it true. The exception cases provide it.
Tell = Callable[[AsyncConnection, Alarm], Awaitable[None]]
