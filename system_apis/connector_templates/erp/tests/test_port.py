"""What odd answers become; the server is faked at the wire."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.values import FixedClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.erp.schemas import ErrorClass, OutcomeStatus
from system_apis.connector_templates.erp.port import NamelessErp
from system_apis.connector_templates.erp.settings import NamelessSettings
from system_apis.connector_templates.erp.tests.test_mapping import POSTING

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def port(answer: Callable[[Request], Response]) -> NamelessErp:
    settings = NamelessSettings.model_validate(
        {"base_url": "https://nameless.example.com/api", "api_key": "s3cret"}
    )
    http = HttpClient(name="nameless", transport=MockTransport(answer))
    return NamelessErp(settings, ConnectionContext("n", ("DE",), http, FixedClock(NOW)))


@pytest.mark.parametrize(
    ("answer", "status", "error_class"),
    [
        (Response(401), OutcomeStatus.RETRY, ErrorClass.AUTH),
        (Response(429), OutcomeStatus.RETRY, ErrorClass.THROTTLED),
        (Response(422, text="made-up words"), OutcomeStatus.REJECTED, ErrorClass.REJECTED),
        (Response(500, text="made-up words"), OutcomeStatus.IN_DOUBT, ErrorClass.UNKNOWN),
        (Response(200, text="<html>made-up words"), OutcomeStatus.IN_DOUBT, ErrorClass.UNKNOWN),
    ],
)
async def test_every_answer_to_a_posting_becomes_an_outcome(
    answer: Response, status: OutcomeStatus, error_class: ErrorClass
) -> None:
    (outcome,) = await port(lambda _: answer).post([POSTING], NOW + timedelta(minutes=1))

    assert outcome.status is status
    assert outcome.error is not None
    assert outcome.error.error_class is error_class
    assert "made-up words" not in outcome.error.vendor_message


async def test_nothing_is_sent_after_the_deadline() -> None:
    def answer(_: Request) -> Response:
        raise AssertionError("it was sent")

    (outcome,) = await port(answer).post([POSTING], NOW)

    assert outcome.status is OutcomeStatus.RETRY
