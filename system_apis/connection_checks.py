"""Trying connections before anything depends on them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.problems import TimepostProblem
from shared.values import Clock
from system_apis.connections import Connection
from system_apis.open_connections import open_connection

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class CheckResult:
    """What was found: what works, or what is wrong and what to do."""

    connection: str
    works: bool
    found: str
    action: str = ""


async def check_connections(
    connections: Sequence[Connection],
    clock: Clock,
    on_result: Callable[[CheckResult], None],
    patience_seconds: float = PATIENCE_SECONDS,
) -> list[CheckResult]:
    """Try all of them side by side; results in the given order.

    :param on_result: told of each as soon as it is known.
    """

    async def check(connection: Connection) -> CheckResult:
        result = await _check(connection, clock, patience_seconds)
        on_result(result)
        return result

    return list(await asyncio.gather(*(check(each) for each in connections)))


async def _check(connection: Connection, clock: Clock, patience_seconds: float) -> CheckResult:
    try:
        async with asyncio.timeout(patience_seconds):
            found = await _try(connection, clock)
    except TimepostProblem as problem:
        return CheckResult(connection.name, False, problem.detail, problem.action)
    except TimeoutError:
        return CheckResult(
            connection.name,
            False,
            f"No answer within {patience_seconds:g} seconds.",
            "Check the address, and whether this machine may reach it.",
        )
    # The others still have to be told; an exception's text could quote a credential.
    except Exception as error:  # noqa: BLE001 - it becomes this connection's result
        return CheckResult(
            connection.name,
            False,
            f"The connector {connection.connector.name} failed with {type(error).__name__}.",
            "Report it to whoever maintains the connector.",
        )
    return CheckResult(connection.name, True, "; ".join(found))


async def _try(connection: Connection, clock: Clock) -> Sequence[str]:
    opened = open_connection(connection, clock)
    try:
        return await opened.port.check()
    finally:
        await opened.close()
