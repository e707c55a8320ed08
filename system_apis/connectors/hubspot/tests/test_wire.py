"""Odd answers at the wire, deliveries, and options."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from deploy.sandboxes.hubspot import signed_delivery
from shared.http_client import Request, Response
from shared.problems import TooManyRequests, Unauthenticated, UpstreamRefused, UpstreamUnavailable
from shared.values import FixedClock
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.connectors.hubspot.tests.conftest import (
    WEBHOOK_URL,
    port_answering,
    settings_for,
)

CLOCK = FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC))
NOW = CLOCK.now()


def limited(policy: str | None) -> Response:
    return Response(429, json={"errorType": "RATE_LIMIT", "policyName": policy})


@pytest.mark.parametrize(
    ("answer", "problem", "pause"),
    [
        (limited("SECONDLY"), TooManyRequests, 1),
        (limited("TEN_SECONDLY_ROLLING"), TooManyRequests, 10),
        (limited("DAILY"), TooManyRequests, 3600),
        (limited(None), TooManyRequests, 10),
        (Response(429, headers={"Retry-After": "7"}, text="no JSON"), TooManyRequests, 7),
        (Response(477, headers={"Retry-After": "3600"}), UpstreamUnavailable, 3600),
        (Response(423), UpstreamUnavailable, None),
        (Response(502, html="<h1>Bad gateway</h1>"), UpstreamUnavailable, None),
    ],
)
async def test_what_passes_by_itself_says_when(
    answer: Response, problem: type[UpstreamUnavailable], pause: int | None
) -> None:
    port = port_answering(lambda _: answer, CLOCK)

    for call in (port.accounts, port.engagements):
        with pytest.raises(problem) as caught:
            await call(None, 10, None)
        assert caught.value.retry_after == pause


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(200, html="<p>Hello Ada</p>"), "hubspot_answer_not_understood"),
        (Response(200, json={"results": "Ada"}), "hubspot_answer_not_understood"),
        (Response(400, json={"category": "OTHER", "message": "Ada"}), "hubspot_request_refused"),
        (Response(404, text="Ada"), "hubspot_request_refused"),
    ],
)
async def test_refusals_say_who_acts_and_quote_nothing(answer: Response, code: str) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        await port_answering(lambda _: answer, CLOCK).accounts(None, 10, None)

    assert caught.value.code == code
    assert "Ada" not in caught.value.detail


async def test_a_property_that_hubspot_does_not_give_is_no_missing_value() -> None:
    """It was renamed there, or the option is misspelt: nobody lost their number."""

    def answer(request: Request) -> Response:
        row = {"id": "1", "properties": {"name": "Alder Bank"}}
        return Response(200, json={"results": [row] if "companies" in request.url.path else []})

    page = await port_answering(answer, CLOCK).accounts(None, 10, None)

    assert (page.items, page.faulty[0].external_id) == ([], "1")
    assert page.faulty[0].reason == "account_no: HubSpot does not give this property"


async def test_a_listing_of_nothing_claims_nothing() -> None:
    port = port_answering(lambda _: Response(200, json={"results": []}), CLOCK)

    assert not (await port.accounts(None, 10, None)).complete
    assert not (await port.engagements(None, 10, None)).complete


async def test_only_the_properties_that_mean_something_are_asked_for() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(200, json={"results": []})

    await port_answering(answer, CLOCK).accounts(None, 10, None)

    (request,) = asked
    assert request.url.params["properties"] == (
        "name,hs_parent_company_id,hubspot_owner_id,account_no"
    )
    assert request.headers["authorization"] == "Bearer hubspot-token"


def delivery(**changed: Any) -> tuple[dict[str, str], bytes]:
    given = {"secret": "client-secret", "url": WEBHOOK_URL, "at": NOW, **changed}
    events = given.pop("events", [("deal.propertyChange", 17)])
    headers, body = signed_delivery(**given, events=events)
    return {name.lower(): value for name, value in headers.items()}, body


def test_a_signed_delivery_tells_what_changed() -> None:
    headers, body = delivery(
        events=[("company.creation", 1), ("deal.deletion", 2), ("contact.creation", 3)]
    )
    port = port_answering(lambda _: Response(500), CLOCK)

    port.verify_webhook(headers, body)
    told = port.parse_webhook(headers, body)

    assert [(each.domain, each.subject, each.change) for each in told] == [
        ("accounts", "1", "CHANGED"),
        ("engagements", "2", "DELETED"),
    ]
    assert {each.occurred_at for each in told} == {NOW}


def test_the_form_that_names_objects_by_number_is_read_too() -> None:
    body = b'[{"subscriptionType": "object.deletion", "objectTypeId": "0-3", "objectId": 17}]'

    (told,) = port_answering(lambda _: Response(500), CLOCK).parse_webhook({}, body)

    assert (told.domain, told.change, told.occurred_at) == ("engagements", "DELETED", None)


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "another"},
        {"url": "https://elsewhere.example.com/"},
        {"at": NOW - timedelta(minutes=6)},
        {"at": NOW + timedelta(minutes=6)},
    ],
)
def test_what_is_not_proven_is_refused(changed: dict[str, Any]) -> None:
    headers, body = delivery(**changed)

    with pytest.raises(Unauthenticated):
        port_answering(lambda _: Response(500), CLOCK).verify_webhook(headers, body)


@pytest.mark.parametrize(
    "headers", [{}, {"x-hubspot-request-timestamp": "9" * 30}, {"x-hubspot-signature-v3": "é"}]
)
def test_what_carries_no_signature_is_refused(headers: dict[str, str]) -> None:
    good, body = delivery()
    without = {**good, **headers} if headers else {}

    with pytest.raises(Unauthenticated):
        port_answering(lambda _: Response(500), CLOCK).verify_webhook(without, body)


def test_a_tampered_body_is_refused() -> None:
    headers, body = delivery()

    with pytest.raises(Unauthenticated):
        port_answering(lambda _: Response(500), CLOCK).verify_webhook(
            headers, body.replace(b"17", b"18")
        )


def test_without_a_secret_nothing_is_taken() -> None:
    headers, body = delivery()
    port = port_answering(lambda _: Response(500), CLOCK, webhook_secret=None, webhook_url=None)

    with pytest.raises(Unauthenticated):
        port.verify_webhook(headers, body)
    assert not port.abilities().webhooks


@pytest.mark.parametrize("body", [b"", b"{}", b'[{"subscriptionType": "deal.creation"}]'])
def test_what_is_no_delivery_is_said_without_its_words(body: bytes) -> None:
    with pytest.raises(UnreadableWebhook) as refusal:
        port_answering(lambda _: Response(500), CLOCK).parse_webhook({}, body)

    assert refusal.value.__context__ is None


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"timezone": "Berlin"}, ("timezone",)),
        ({"default_currency": "euro"}, ("default_currency",)),
        ({"account_code": "Account No"}, ("account_code",)),
        ({"webhook_url": None}, ()),
        ({"webhook_url": "http://timepost.example.com"}, ("webhook_url",)),
        ({"token": SecretStr("t"), "colour": "red"}, ("colour",)),
    ],
)
def test_options_that_cannot_work_are_refused(
    options: dict[str, Any], field: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as caught:
        settings_for("https://api.hubapi.com", **options)

    assert [each["loc"] for each in caught.value.errors()] == [field]
    assert "client-secret" not in str(caught.value)
