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
from system_apis.connectors.redmine.port import RedminePort
from system_apis.connectors.redmine.settings import RedmineSettings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def port(answer: Callable[[Request], Response]) -> RedminePort:
    settings = RedmineSettings.model_validate(
        {"base_url": "https://redmine.example.com/api", "api_key": "s3cret"}
    )
    http = HttpClient(name="redmine", transport=MockTransport(answer))
    return RedminePort(settings, ConnectionContext("n", ("DE",), http, FixedClock(NOW)))


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


def test_an_unproven_delivery_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        port(lambda _: Response(404)).verify_webhook({}, b"{}")
