"""Real Tryton is killed while it works on a batch; afterwards every line stands there once."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from deploy.tryton.pytest_plugin import StartTryton
from deploy.tryton.server import TrytonServer
from system_apis.capabilities.erp.schemas import LookupItem, OutcomeStatus
from system_apis.connectors.tryton.tests.real_tryton import opened, posting, soon


class KillingTransport(httpx2.AsyncHTTPTransport):
    """Kills the server during the first create call.

    :param seconds: so long after the call was sent; None: after it was answered, with the answer
        lost on its way.
    """

    def __init__(self, server: TrytonServer, seconds: float | None) -> None:
        super().__init__()
        self._server = server
        self._seconds = seconds
        self._armed = True

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not self._armed or b"timesheet.line.create" not in await request.aread():
            return await super().handle_async_request(request)
        self._armed = False
        if self._seconds is not None:
            killing = asyncio.create_task(self._kill_later(self._seconds))
            try:
                return await super().handle_async_request(request)
            finally:
                await killing
        answer = await super().handle_async_request(request)
        await answer.aread()
        assert b"result" in answer.content
        await answer.aclose()
        self._server.kill()
        raise httpx2.ReadError("the answer never arrived", request=request)

    async def _kill_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self._server.kill)


@pytest.mark.parametrize("variant", ["stock", "with_reference"])
@pytest.mark.parametrize("seconds", [0.0, 0.05, None])
async def test_a_batch_cut_off_by_a_kill_is_found_whole_or_not_at_all(
    start_tryton: StartTryton, variant: str, seconds: float | None
) -> None:
    server = start_tryton("stock" if variant == "stock" else "with_reference")
    items = [posting(server) for _ in range(50)]
    lookups = [LookupItem(posting_key=item.posting_key) for item in items]
    async with opened(server, KillingTransport(server, seconds)) as erp:
        outcomes = await erp.post(items, soon())
        (status,) = {outcome.status for outcome in outcomes}
        server.start()
        found = await erp.look_up(lookups)
        match status:
            case OutcomeStatus.IN_DOUBT:
                assert len(found.lines) in ({0, 50} if seconds is not None else {50})
            case _:  # the kill was quicker than the first byte
                assert (status, found.lines, seconds) == (OutcomeStatus.RETRY, [], 0.0)
        again = await erp.post(items, soon())
        expected = OutcomeStatus.ALREADY_POSTED if found.lines else OutcomeStatus.POSTED
        assert {outcome.status for outcome in again} == {expected}
    with server.reader() as reader:
        assert reader.count() == 50
