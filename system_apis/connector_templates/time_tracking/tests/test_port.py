"""What odd answers become; the server is faked at the wire."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.problems import (
    TimepostProblem,
    TooManyRequests,
    Unauthenticated,
    UpstreamRefused,
    UpstreamUnavailable,
)
from shared.values import FixedClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connector_templates.time_tracking.port import NamelessPort
from system_apis.connector_templates.time_tracking.settings import NamelessSettings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def port(answer: Callable[[Request], Response]) -> NamelessPort:
    settings = NamelessSettings.model_validate(
        {"base_url": "https://nameless.example.com/api", "api_key": "s3cret"}
    )
    http = HttpClient(name="nameless", transport=MockTransport(answer))
    return NamelessPort(settings, ConnectionContext("n", ("DE",), http, FixedClock(NOW)))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response(401), UpstreamRefused),
        (Response(429, headers={"Retry-After": "7"}), TooManyRequests),
        (Response(500, text="merger"), UpstreamUnavailable),
        (Response(200, text="<html>merger</html>"), UpstreamRefused),
    ],
)
async def test_refusals_become_problems_that_quote_nothing(
    answer: Response, problem: type[TimepostProblem]
) -> None:
    with pytest.raises(problem) as refusal:
        await port(lambda _: answer).entries_by_ids(["1"])

    assert "merger" not in f"{refusal.value!r} {refusal.value.detail}"
    assert "s3cret" not in f"{refusal.value!r} {refusal.value.detail}"


async def test_what_is_not_there_is_missing() -> None:
    found = await port(lambda _: Response(404)).entries_by_ids(["1"])

    assert (found.entries, found.missing) == ([], ["1"])


async def test_what_may_not_be_seen_is_not_deleted() -> None:
    found = await port(lambda _: Response(403)).entries_by_ids(["1"])

    assert (found.entries, found.missing) == ([], [])


def test_an_unproven_delivery_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        port(lambda _: Response(404)).verify_webhook({}, b"{}")
