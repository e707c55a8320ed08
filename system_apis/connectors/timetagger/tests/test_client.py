"""What odd answers become; the server is faked at the wire where the real one gives none."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.problems import TimepostProblem, TooManyRequests, UpstreamRefused, UpstreamUnavailable
from shared.values import FixedClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.timetagger.port import TimeTaggerPort
from system_apis.connectors.timetagger.settings import TimeTaggerSettings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD = {"key": "good", "mt": 1, "st": 2.0, "t1": 1_763_629_200, "t2": 1_763_632_800, "ds": "merger"}


def port(answer: Callable[[Request], Response]) -> TimeTaggerPort:
    settings = TimeTaggerSettings.model_validate(
        {
            "base_url": "https://time.example.com/timetagger",
            "people": [
                {"email": "a@x.example", "name": "A", "timezone": "UTC", "api_token": "s3cret"}
            ],
        }
    )
    http = HttpClient(name="timetagger", transport=MockTransport(answer))
    return TimeTaggerPort(settings, ConnectionContext("t", ("DE",), http, FixedClock(NOW)))


def holding(*records: object) -> Callable[[Request], Response]:
    body = {"server_time": 3.0, "reset": 0, "records": list(records), "settings": []}
    return lambda _: Response(200, json=body)


async def test_the_token_goes_to_the_api_in_its_header() -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(200, json={"version": "26.1.3"})

    await port(answer).check()

    assert str(seen[0].url) == "https://time.example.com/timetagger/api/v2/version"
    assert seen[0].headers["authtoken"] == "s3cret"


@pytest.mark.parametrize(
    "odd",
    [
        {"t1": "nine"},
        {"t2": None},
        {"t1": 10**15},
        {"t2": 0},
        {"ds": 5},
    ],
)
async def test_one_odd_record_spoils_no_other_and_counts_not_as_deleted(
    odd: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    tracker = port(holding(GOOD, {**GOOD, "key": "odd", **odd}))

    found = await tracker.entries_by_ids(["a@x.example:good", "a@x.example:odd"])
    page = await tracker.entries_changed(NOW, NOW, None, 10)

    assert [entry.external_id for entry in found.entries] == ["a@x.example:good"]
    assert found.missing == []
    assert [each.change for each in page.changes] == ["CHANGED", "CHANGED"]
    assert "merger" not in caplog.text


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response(401, text="unauthorized: revoked"), UpstreamRefused),
        (Response(404, text="not found"), UpstreamRefused),
        (Response(500, text="merger"), UpstreamUnavailable),
        (Response(429, headers={"Retry-After": "7"}), TooManyRequests),
        (Response(429), TooManyRequests),
        (Response(200, text="<html>merger</html>"), UpstreamRefused),
        (Response(200, json={"records": [{"ds": "merger"}]}), UpstreamRefused),
        (
            Response(200, json={"server_time": 1, "reset": 0, "records": [{"ds": "merger"}]}),
            UpstreamRefused,
        ),
    ],
)
async def test_refusals_become_problems_that_quote_nothing(
    answer: Response, problem: type[TimepostProblem]
) -> None:
    with pytest.raises(problem) as refusal:
        await port(lambda _: answer).entries_by_ids(["a@x.example:good"])

    assert "merger" not in f"{refusal.value!r} {refusal.value.detail}"
    assert "s3cret" not in f"{refusal.value!r} {refusal.value.detail}"
