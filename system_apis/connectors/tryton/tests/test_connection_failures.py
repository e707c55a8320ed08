"""Sessions that end, logins that are refused, reads that fail, modules that come and go."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from shared.http_client import NotSent
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from shared.values import FixedClock
from system_apis.capabilities.erp.schemas import ErrorClass, Idempotency
from system_apis.connectors.tryton.tests import recorded_answers
from system_apis.connectors.tryton.tests.failing_tryton import (
    NOW,
    POSTED,
    RETRY,
    SOON,
    error_classes,
    opened,
    posting,
    postings,
    statuses,
)
from system_apis.connectors.tryton.tests.fake_tryton import (
    FakeTryton,
    lost,
    refusing,
    status,
)


async def test_an_ended_session_is_renewed_once_and_the_call_sent_again() -> None:
    fake = FakeTryton()
    async with opened(fake) as erp:
        await erp.abilities()
        fake.sessions.clear()
        assert statuses(await erp.post(postings(1), SOON)) == [POSTED]
        fake.before = [status(401), status(401)]
        outcomes = await erp.post([posting(7)], SOON)
        assert statuses(outcomes) == [RETRY]
        assert error_classes(outcomes) == {ErrorClass.AUTH}
    assert fake.logins == 3


async def test_the_old_shape_of_addresses_is_found_out() -> None:
    fake = FakeTryton(old=True)
    async with opened(fake) as erp:
        assert statuses(await erp.post(postings(1), SOON)) == [POSTED]
    async with opened(FakeTryton(old=True), url_shape="rpc") as erp:
        with pytest.raises(UpstreamRefused, match="no database"):
            await erp.abilities()


async def test_a_refused_login_is_not_repeated_for_a_while() -> None:
    clock = FixedClock(NOW)
    fake = FakeTryton(on_other={"common.db.login": [status(401)]})
    async with opened(fake, clock) as erp:
        for _ in range(3):
            outcomes = await erp.post(postings(1), SOON)
            assert error_classes(outcomes) == {ErrorClass.AUTH}
        assert fake.calls == ["common.db.login"]
        clock.advance(timedelta(seconds=31))
        assert statuses(await erp.post(postings(1), clock.now() + timedelta(5))) == [POSTED]


async def test_a_login_that_is_not_answered_leaves_nothing_in_doubt() -> None:
    fake = FakeTryton(on_other={"common.db.login": [lost(httpx2.ReadTimeout)]})
    async with opened(fake) as erp:
        assert statuses(await erp.post(postings(1), SOON)) == [RETRY]


async def test_reads_try_again_and_then_say_what_is_wrong() -> None:
    fake = FakeTryton()
    workers = "model.company.employee.search_read"
    async with opened(fake) as erp:
        fake.on_other[workers] = [status(503), lost(httpx2.ReadError)]
        assert len((await erp.workers(None, 10, None)).items) == 2
        fake.on_other[workers] = [status(429)]
        with pytest.raises(TooManyRequests):
            await erp.workers(None, 10, None)
        fake.on_other[workers] = [status(200)]
        with pytest.raises(UpstreamUnavailable, match="something else than JSON-RPC"):
            await erp.workers(None, 10, None)
        fake.on_other[workers] = [lost(httpx2.ConnectError)] * 3
        with pytest.raises(NotSent):
            await erp.workers(None, 10, None)
        fake.on_other[workers] = [lambda _: httpx2.Response(200, json={"result": [{"id": 1}]})]
        with pytest.raises(UpstreamRefused, match=r"company\.employee in a shape"):
            await erp.workers(None, 10, None)
        fake.on_other[workers] = [refusing(recorded_answers.refusals()["not_allowed_model"])]
        with pytest.raises(UpstreamRefused, match='not allowed to access "Project Work"'):
            await erp.workers(None, 10, None)


async def test_a_module_taken_away_is_noticed() -> None:
    fake = FakeTryton()
    async with opened(fake) as erp:
        assert (await erp.abilities()).idempotency is Idempotency.NATIVE_REJECT
        fake.uuid_readonly = True
        fake.before = [refusing(recorded_answers.refusals()["uuid_readonly"])]
        assert statuses(await erp.post(postings(1), SOON)) == [RETRY]
        assert (await erp.abilities()).idempotency is Idempotency.MARKER_SEARCH
        assert statuses(await erp.post(postings(1), SOON)) == [POSTED]
        assert fake.lines[0]["uuid"] is None


async def test_a_company_that_is_not_there_names_the_code() -> None:
    fake = FakeTryton()
    fake.on_other["model.company.company.search_read"] = [
        lambda _: httpx2.Response(200, json={"id": 1, "result": []})
    ]
    async with opened(fake) as erp:
        with pytest.raises(UpstreamRefused, match="legal entities US01"):
            await erp.check()
        words = await erp.check()
    assert words[0] == "Tryton of an unknown series answers at http://erp."
