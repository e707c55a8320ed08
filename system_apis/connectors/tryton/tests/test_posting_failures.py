"""Every way in which a create call can fail, and what becomes of each item then."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from shared.values import FixedClock, SystemClock
from system_apis.capabilities.erp.schemas import ErrorClass, LookupItem
from system_apis.connectors.tryton.tests.failing_tryton import (
    ALREADY,
    IN_DOUBT,
    NOW,
    POSTED,
    REJECTED,
    RETRY,
    SOON,
    error_classes,
    opened,
    posting,
    postings,
    statuses,
)
from system_apis.connectors.tryton.tests.fake_tryton import (
    Failure,
    FakeTryton,
    lost,
    refusing,
    status,
)

UNANSWERED = {
    "timeout": lost(httpx2.ReadTimeout),
    "reset": lost(httpx2.ReadError),
    "closed": lost(httpx2.RemoteProtocolError),
    "half written": lost(httpx2.WriteError),
    "500": status(500),
    "503 of a gateway": status(503),
    "504": status(504),
    "200 of a login page": status(200),
}


@pytest.mark.parametrize("uuid_readonly", [False, True])
@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("how", UNANSWERED)
async def test_unanswered_creates_are_in_doubt_and_never_sent_again(
    how: str, committed: bool, uuid_readonly: bool
) -> None:
    fake = FakeTryton(uuid_readonly=uuid_readonly)
    (fake.after if committed else fake.before).append(UNANSWERED[how])
    items = postings(5)
    async with opened(fake, batch_size=3) as erp:
        outcomes = await erp.post(items, SOON)
        assert statuses(outcomes) == [IN_DOUBT] * 3 + [RETRY] * 2
        assert fake.creates == [3]  # the second batch was not started on a server in trouble
        assert error_classes(outcomes) == {ErrorClass.UNAVAILABLE}
        found = await erp.look_up([LookupItem(posting_key=item.posting_key) for item in items])
        assert len(found.lines) == (3 if committed else 0)
        again = await erp.post(items, SOON)
    assert statuses(again) == ([ALREADY] * 3 if committed else [POSTED] * 3) + [POSTED] * 2
    assert len(fake.lines) == 5


@pytest.mark.parametrize(
    ("failure", "error_class"),
    [
        (lost(httpx2.ConnectError), ErrorClass.UNAVAILABLE),
        (lost(httpx2.ConnectTimeout), ErrorClass.UNAVAILABLE),
        (status(429, **{"Retry-After": "17"}), ErrorClass.THROTTLED),
        (status(302), ErrorClass.AUTH),
        (status(403), ErrorClass.AUTH),
        (status(404), ErrorClass.AUTH),
    ],
)
async def test_what_was_certainly_not_done_may_be_retried(
    failure: Failure, error_class: ErrorClass
) -> None:
    fake = FakeTryton(before=[failure])
    async with opened(fake) as erp:
        outcomes = await erp.post(postings(2), SOON)
        assert statuses(outcomes) == [RETRY, RETRY]
        assert error_classes(outcomes) == {error_class}
        if error_class is ErrorClass.THROTTLED:
            assert outcomes[0].error is not None
            assert outcomes[0].error.retry_after_seconds == 17
        assert statuses(await erp.post(postings(2), SOON)) == [POSTED, POSTED]


@pytest.mark.parametrize("uuid_readonly", [False, True])
async def test_one_bad_line_among_fifty_stands_alone(uuid_readonly: bool) -> None:
    fake = FakeTryton(uuid_readonly=uuid_readonly)
    items = postings(50)
    bad = {13: "bad 13", 37: "bad 37"}
    for number, story in bad.items():
        items[number] = posting(number, narrative=story)
        sent = story if not uuid_readonly else f"{story} [tp:{items[number].posting_key}]"
        fake.refuses[sent] = ["UserError", [f'Not "{sent}", please.', "", None]]
    async with opened(fake) as erp:
        outcomes = await erp.post(items, SOON)
    assert [n for n, each in enumerate(outcomes) if each.status is REJECTED] == list(bad)
    assert sum(each.status is POSTED for each in outcomes) == 48
    assert len(fake.lines) == 48
    assert len(fake.creates) < 30
    for number in bad:
        error = outcomes[number].error
        assert error is not None
        assert error.vendor_message == 'Not "…", please.'


async def test_a_connection_lost_while_bisecting_leaves_only_that_half_in_doubt() -> None:
    fake = FakeTryton(refuses={"story 0": ["UserError", ["No.", "", None]]})
    items = postings(4)
    async with opened(fake) as erp:
        fake.before = [refusing(["UserError", ["No.", "", None]]), lost(httpx2.ReadTimeout)]
        outcomes = await erp.post(items, SOON)
    assert statuses(outcomes) == [IN_DOUBT, IN_DOUBT, RETRY, RETRY]
    assert fake.creates == [4, 2]


async def test_an_exception_without_a_name_is_looked_up_before_anything_else() -> None:
    fake = FakeTryton(uuid_readonly=True, after=[refusing(["late trouble", ""])])
    async with opened(fake) as erp:
        outcomes = await erp.post(postings(3), SOON)
    assert statuses(outcomes) == [ALREADY] * 3
    assert fake.creates == [3]


async def test_a_request_too_large_is_halved() -> None:
    fake = FakeTryton(before=[status(413)])
    async with opened(fake) as erp:
        assert statuses(await erp.post(postings(4), SOON)) == [POSTED] * 4
    assert fake.creates == [4, 2, 2]


async def test_nothing_is_started_after_the_deadline() -> None:
    fake = FakeTryton()
    async with opened(fake) as erp:
        outcomes = await erp.post(postings(2), NOW)
    assert statuses(outcomes) == [RETRY, RETRY]
    assert error_classes(outcomes) == {ErrorClass.UNAVAILABLE}
    assert fake.calls == []


async def test_the_deadline_falling_between_two_batches_splits_them() -> None:
    clock = FixedClock(NOW)
    fake = FakeTryton()

    def slow(request: httpx2.Request) -> httpx2.Response:
        answer = fake(request)
        if fake.calls[-1] == "model.timesheet.line.search_read":  # the first batch's read-back
            clock.advance(timedelta(minutes=1))
        return answer

    async with opened(slow, clock, batch_size=2) as port:
        outcomes = await port.post(postings(4), SOON)
        assert statuses(outcomes) == [POSTED, POSTED, RETRY, RETRY]
        assert fake.creates == [2]
        again = await port.post(postings(4), clock.now() + timedelta(seconds=90))
        assert statuses(again)[:2] == [ALREADY, ALREADY]


async def test_a_server_that_hangs_is_left_at_the_deadline() -> None:
    fake = FakeTryton()

    async def hang(request: httpx2.Request) -> httpx2.Response:
        answer = fake(request)
        if fake.calls[-1] == "model.timesheet.line.create":
            await asyncio.sleep(60)
        return answer

    async with opened(hang, SystemClock()) as port:
        started = time.monotonic()
        outcomes = await port.post(postings(2), datetime.now(UTC) + timedelta(seconds=0.5))
        assert time.monotonic() - started < 5
        assert statuses(outcomes) == [IN_DOUBT, IN_DOUBT]


async def test_a_read_back_that_fails_leaves_the_lines_in_doubt() -> None:
    fake = FakeTryton()
    fake.on_other["model.timesheet.line.search_read"] = [status(500)]
    async with opened(fake) as erp:
        outcomes = await erp.post(postings(2), SOON)
    assert statuses(outcomes) == [IN_DOUBT, IN_DOUBT]
    assert "created line 1" in (outcomes[0].error.vendor_message if outcomes[0].error else "")
    assert len(fake.lines) == 2


async def test_neither_narrative_nor_password_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    fake = FakeTryton(refuses={"story 0": ["UserError", ['Not "story 0".', "", None]]})
    fake.before = [refusing(["ValueError about story 1 and story 2", ""])]
    async with opened(fake) as erp:
        outcomes = await erp.post(postings(3), SOON)
        assert repr(erp).find("pw-secret") == -1
    assert statuses(outcomes) == [REJECTED, POSTED, POSTED]
    said = caplog.text + "".join(outcome.model_dump_json() for outcome in outcomes)
    assert "story" not in said
    assert "pw-secret" not in said
