"""Odd answers at the wire, and options."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.problems import TooManyRequests, Unauthenticated, UpstreamRefused, UpstreamUnavailable
from shared.values import FixedClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.salesforce.port import SalesforcePort
from system_apis.connectors.salesforce.tests.conftest import port_answering, settings_for

CLOCK = FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC))
URL = "https://hr.my.salesforce.com"
NOT_UNDERSTOOD = "salesforce_answer_not_understood"


def listing(*rows: Any, **more: Any) -> Response:
    return Response(200, json={"totalSize": len(rows), "done": True, "records": rows, **more})


async def test_the_query_is_plain_soql() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return listing()

    port = port_answering(answer, CLOCK)
    await port.accounts(None, 50, None)
    await port.engagements(None, 50, CLOCK.now())

    assert [each.url.path.rpartition("/")[2] for each in asked] == ["query", "queryAll"]
    assert asked[0].url.params["q"] == (
        "SELECT Id, Name, OwnerId, Owner.Name, Owner.Email, SystemModstamp, IsDeleted, ParentId,"
        " AccountNumber FROM Account ORDER BY Id LIMIT 50"
    )
    assert "WHERE SystemModstamp >= 2026-11-20T09:00:00Z ORDER BY Id" in asked[1].url.params["q"]
    assert asked[0].headers["authorization"] == "Bearer session"


@pytest.mark.parametrize(
    ("answer", "problem", "code"),
    [
        (Response(200, html="<p>Hello Ada</p>"), UpstreamRefused, NOT_UNDERSTOOD),
        (Response(200, json={"records": "Ada"}), UpstreamRefused, NOT_UNDERSTOOD),
        (Response(400, text="Ada"), UpstreamRefused, "salesforce_request_refused"),
        (
            Response(403, json=[{"errorCode": "API_DISABLED_FOR_ORG", "message": "Ada"}]),
            UpstreamRefused,
            "salesforce_request_refused",
        ),
        (Response(500, json=[{"errorCode": "X"}]), UpstreamUnavailable, "upstream_unavailable"),
        (Response(429, headers={"Retry-After": "7"}), TooManyRequests, "too_many_requests"),
    ],
)
async def test_refusals_say_who_acts_and_quote_nothing(
    answer: Response, problem: type[UpstreamRefused], code: str
) -> None:
    with pytest.raises(problem) as caught:
        await port_answering(lambda _: answer, CLOCK).accounts(None, 10, None)

    assert caught.value.code == code
    assert "Ada" not in caught.value.detail
    if answer.status_code == 429:
        assert caught.value.retry_after == 7


async def test_sessions_that_end_at_once_are_the_operators_affair() -> None:
    calls: list[Request] = []

    def answer(request: Request) -> Response:
        calls.append(request)
        return Response(401, json=[{"errorCode": "INVALID_SESSION_ID"}])

    with pytest.raises(UpstreamRefused) as caught:
        await port_answering(answer, CLOCK).accounts(None, 10, None)

    assert caught.value.code == "salesforce_session_refused"
    assert len(calls) == 2


async def test_the_rest_of_an_answer_is_fetched_nowhere_else() -> None:
    """The session's token must not go wherever an answer points to."""
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return listing(done=False, nextRecordsUrl="https://elsewhere.example.com/steal")

    with pytest.raises(UpstreamRefused):
        await port_answering(answer, CLOCK).accounts(None, 10, None)

    assert len(asked) == 1


@pytest.mark.parametrize(
    "session",
    [
        {"access_token": "s3cret-token", "instance_url": "http://hr.my.salesforce.com"},
        {"access_token": "s3cret-token"},
        {"access_token": "", "instance_url": URL},
        "s3cret-token",
    ],
)
async def test_a_login_that_is_odd_or_leads_to_plain_http_is_refused(session: Any) -> None:
    http = HttpClient(name="sales", transport=MockTransport(lambda _: Response(200, json=session)))
    port = SalesforcePort(settings_for(URL), ConnectionContext("sales", ("US",), http, CLOCK))

    with pytest.raises(UpstreamRefused) as caught:
        await port.accounts(None, 10, None)

    assert caught.value.code == NOT_UNDERSTOOD
    assert "s3cret-token" not in caught.value.detail
    assert caught.value.__context__ is None


async def test_a_listing_of_nothing_claims_nothing() -> None:
    port = port_answering(lambda _: listing(), CLOCK)

    assert not (await port.accounts(None, 10, None)).complete
    assert not (await port.engagements(None, 10, None)).complete


async def test_rows_that_are_none_end_no_listing() -> None:
    good = {"Id": "001Hd0000000001AAA", "Name": "A", "SystemModstamp": "2026-11-20T09:00:00Z"}
    page = await port_answering(lambda _: listing(good, None, "row", {"Id": "1"}), CLOCK).accounts(
        None, 10, None
    )

    assert [each.name for each in page.items] == ["A"]
    assert [each.external_id for each in page.faulty] == [None, None, "1"]


def test_it_takes_no_webhooks() -> None:
    port = port_answering(lambda _: listing(), CLOCK)

    with pytest.raises(Unauthenticated):
        port.verify_webhook({}, b"{}")
    assert not port.abilities().webhooks


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"login_url": f"{URL}/services"}, ("login_url",)),
        ({"account_code": "Name FROM User"}, ("account_code",)),
        ({"po_number": "PO; Number"}, ("po_number",)),
        ({"default_currency": "euro"}, ("default_currency",)),
        ({"username": "u"}, ()),
        ({"api_version": "62"}, ("api_version",)),
    ],
)
def test_options_that_cannot_work_are_refused(
    options: dict[str, Any], field: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as caught:
        settings_for(URL, **options)

    assert [each["loc"] for each in caught.value.errors()] == [field]
    assert "consumer-secret" not in str(caught.value)
