"""Every way in which a call can fail, and what becomes of each item then."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest

from shared.http_client import HttpClient, MockTransport, NotSent
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from shared.values import FixedClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    Idempotency,
    LookupItem,
    OutcomeStatus,
    PostingOutcome,
    PostingRequest,
)
from system_apis.connectors.tryton import CONNECTOR
from system_apis.connectors.tryton.port import TrytonErp
from system_apis.connectors.tryton.tests import recorded_answers
from system_apis.connectors.tryton.tests.fake_tryton import (
    Failure,
    FakeTryton,
    lost,
    refusing,
    status,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)
POSTED, ALREADY, REJECTED, RETRY, IN_DOUBT = (
    OutcomeStatus.POSTED,
    OutcomeStatus.ALREADY_POSTED,
    OutcomeStatus.REJECTED,
    OutcomeStatus.RETRY,
    OutcomeStatus.IN_DOUBT,
)


@contextlib.asynccontextmanager
async def opened(
    fake: FakeTryton, clock: FixedClock | None = None, **options: Any
) -> AsyncIterator[TrytonErp]:
    values = {"base_url": "http://erp", "database": "halden", "user": "timepost"}
    settings = CONNECTOR.settings.model_validate({**values, "password": "pw-secret", **options})
    async with HttpClient(name="erp-test", transport=MockTransport(fake)) as http:
        context = ConnectionContext("erp-test", ("US01",), http, clock or FixedClock(NOW))
        port = CONNECTOR.open(settings, context)
        assert isinstance(port, TrytonErp)
        yield port
        await port.close()


def posting(number: int, **changes: Any) -> PostingRequest:
    values = {
        "posting_key": hashlib.sha256(str(number).encode()).hexdigest(),
        "legal_entity_id": "1",
        "worker_id": "1",
        "project_id": "1",
        "task_id": "2",
        "work_date": date(2026, 11, 10),
        "accounting_date": date(2026, 11, 10),
        "minutes": 60,
        "billable": True,
        "narrative": f"story {number}",
    }
    return PostingRequest.model_validate({**values, **changes})


def postings(count: int) -> list[PostingRequest]:
    return [posting(number) for number in range(count)]


def statuses(outcomes: object) -> list[OutcomeStatus]:
    assert isinstance(outcomes, list)
    return [outcome.status for outcome in outcomes]


def error_classes(outcomes: object) -> set[ErrorClass | None]:
    assert isinstance(outcomes, list)
    found: list[PostingOutcome] = outcomes
    return {each.error.error_class if each.error else None for each in found}


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

    values = {"base_url": "http://erp", "database": "halden", "user": "timepost"}
    settings = CONNECTOR.settings.model_validate({**values, "password": "p", "batch_size": 2})
    async with HttpClient(name="erp-test", transport=MockTransport(slow)) as http:
        context = ConnectionContext("erp-test", ("US01",), http, clock)
        port = CONNECTOR.open(settings, context)
        assert isinstance(port, TrytonErp)
        outcomes = await port.post(postings(4), SOON)
        # The works of the lines could not be read any more, so that they are created, not posted.
        assert statuses(outcomes) == [IN_DOUBT, IN_DOUBT, RETRY, RETRY]
        assert fake.creates == [2]
        again = await port.post(postings(4), clock.now() + timedelta(seconds=90))
        assert statuses(again)[:2] == [ALREADY, ALREADY]
        await port.close()


async def test_a_read_back_that_fails_leaves_the_lines_in_doubt() -> None:
    fake = FakeTryton()
    fake.on_other["model.timesheet.line.search_read"] = [status(500)]
    async with opened(fake) as erp:
        outcomes = await erp.post(postings(2), SOON)
    assert statuses(outcomes) == [IN_DOUBT, IN_DOUBT]
    assert "created line 1" in (outcomes[0].error.vendor_message if outcomes[0].error else "")
    assert len(fake.lines) == 2


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
