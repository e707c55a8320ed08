"""What the vendor's answers become; the vendor is faked at the wire."""

import json
from collections.abc import Callable

import pytest

from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.problems import TooManyRequests, UpstreamRefused, UpstreamUnavailable
from system_apis.connectors.clockify.client import ClockifyClient, RequestRefused
from system_apis.connectors.clockify.settings import ClockifySettings
from system_apis.connectors.clockify.tests import recordings

_SETTINGS = ClockifySettings.model_validate(
    {"api_key": "secret-key", "workspace_id": "64a687e29ae1f428e7ebe303", "region": "euc1"}
)


def _client(answer: Callable[[Request], Response]) -> ClockifyClient:
    return ClockifyClient(HttpClient(name="clockify", transport=MockTransport(answer)), _SETTINGS)


async def test_the_key_goes_to_the_regions_address() -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(200, json=recordings.USER)

    assert (await _client(answer).current_user()).email == "kirra@haldenridge.example"
    assert str(seen[0].url) == "https://euc1.clockify.me/api/v1/user"
    assert seen[0].headers["x-api-key"] == "secret-key"


@pytest.mark.parametrize(
    ("status", "problem", "code"),
    [
        (401, UpstreamRefused, "clockify_credentials_refused"),
        (402, UpstreamRefused, "clockify_not_allowed"),
        (403, UpstreamRefused, "clockify_not_allowed"),
        (400, RequestRefused, "clockify_request_refused"),
        (404, RequestRefused, "clockify_request_refused"),
        (500, UpstreamUnavailable, "upstream_unavailable"),
        (429, TooManyRequests, "too_many_requests"),
    ],
)
async def test_refusals_become_problems(
    status: int, problem: type[UpstreamRefused], code: str
) -> None:
    body = {"message": recordings.NARRATIVE, "code": 501}
    with pytest.raises(problem) as refusal:
        await _client(lambda _: Response(status, json=body)).entries(["a"])

    assert refusal.value.code == code
    assert "merger" not in f"{refusal.value!r} {refusal.value.detail}"
    assert "secret-key" not in refusal.value.detail


async def test_the_vendors_code_is_kept() -> None:
    with pytest.raises(RequestRefused, match="code 501"):
        await _client(lambda _: Response(400, json={"code": 501})).workspace()
    with pytest.raises(RequestRefused, match="code none"):
        await _client(lambda _: Response(404, text="<html>")).workspace()


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 2),
        ({}, 2),
    ],
)
async def test_a_pause_is_kept_without_asking_again(headers: dict[str, str], pause: int) -> None:
    calls: list[Request] = []

    def answer(request: Request) -> Response:
        calls.append(request)
        return Response(429, json={"message": "Too many requests"}, headers=headers)

    client = _client(answer)
    for _ in range(3):
        with pytest.raises(TooManyRequests) as refusal:
            await client.workspace()
        assert refusal.value.retry_after == pause
    assert len(calls) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"<html>gateway</html>",
        json.dumps([{"description": recordings.NARRATIVE}]).encode(),
        json.dumps({"description": recordings.NARRATIVE}).encode(),
    ],
)
async def test_answers_in_another_shape_are_not_quoted(content: bytes) -> None:
    client = _client(lambda _: Response(200, content=content))
    with pytest.raises(UpstreamRefused) as refusal:
        await client.approval_requests("ID", 1, 50)
    assert refusal.value.code == "clockify_answer_not_understood"
    assert "merger" not in refusal.value.detail
    assert refusal.value.__context__ is None


@pytest.mark.parametrize("told", [True, False])
async def test_lists_are_read_to_the_last_page(told: bool) -> None:
    """By the header; without it a page that is not full is the last one."""
    sizes = {1: 200, 2: 200, 3: 1 if not told else 200}

    def answer(request: Request) -> Response:
        page = int(request.url.params["page"])
        users = [recordings.USER | {"id": f"{page}-{n}"} for n in range(sizes[page])]
        headers = {"Last-Page": "true" if page == 3 else "false"} if told else {}
        return Response(200, json=users, headers=headers)

    users = await _client(answer).users()
    assert len({user.id for user in users}) == sum(sizes.values())
