"""Whatever is sent, the answer is a problem document that says what to do."""

import json
from collections.abc import AsyncIterator
from io import StringIO

import pytest
from fastapi import HTTPException
from starlette.responses import StreamingResponse

from shared.http_client import HttpClient, Response
from shared.problems import ProblemDocument
from shared.web import PROBLEM_MEDIA_TYPE, WebSettings
from shared.web.tests.sheets import client_of, make_api

TOKEN = {"Authorization": "Bearer someone"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with client_of(make_api()) as client:
        yield client


def problem_in(response: Response) -> ProblemDocument:
    assert response.headers["content-type"] == PROBLEM_MEDIA_TYPE
    problem = ProblemDocument.model_validate_json(response.content)
    assert problem.status == response.status_code
    assert problem.instance == response.headers["x-request-id"]
    return problem


async def test_fields_outside_of_the_contract_are_named_without_their_values(
    client: HttpClient,
) -> None:
    body = {"lines": [{"minutes": 5}, {"minutes": -7}, {"minutes": "hidden"}]}
    problem = problem_in(await client.post("/v1/sheets?x=1", json=body, headers=TOKEN))
    assert (problem.status, problem.code) == (422, "validation_failed")
    assert [error.field for error in problem.errors] == ["$.lines[1].minutes", "$.lines[2].minutes"]
    assert "hidden" not in problem.model_dump_json()


async def test_a_query_parameter_outside_of_the_contract_is_named(client: HttpClient) -> None:
    problem = problem_in(await client.get("/v1/sheets/x?limit=0"))
    assert {error.field for error in problem.errors} == {"path.sheet_id", "query.limit"}


async def test_very_many_wrong_fields_are_cut_off() -> None:
    body = {"lines": [{"minutes": 0}] * 400}
    async with client_of(make_api(WebSettings())) as client:
        problem = problem_in(await client.post("/v1/sheets", json=body, headers=TOKEN))
    assert len(problem.errors) == 50
    assert problem.detail.startswith("400 values")


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b'{"lines": [', JSON, "invalid_request"),
        (b"\xff\xfe\x00", JSON, "invalid_request"),
        (b"[" * 900, JSON, "invalid_request"),
        (b"", JSON, "validation_failed"),
        (b"null", JSON, "validation_failed"),
        (b"lines=1", {"Content-Type": "text/plain"}, "validation_failed"),
    ],
)
async def test_a_body_that_is_no_sheet_is_refused(
    client: HttpClient, content: bytes, headers: dict[str, str], code: str
) -> None:
    response = await client.post("/v1/sheets", content=content, headers=TOKEN | headers)
    assert problem_in(response).code == code


async def test_an_unknown_address_is_404(client: HttpClient) -> None:
    problem = problem_in(await client.get("/v1/nothing?secret=hidden"))
    assert (problem.status, problem.code) == (404, "not_found")
    assert "hidden" not in problem.detail


async def test_a_trailing_slash_is_not_redirected(client: HttpClient) -> None:
    assert problem_in(await client.get("/v1/sheets/1/")).status == 404


async def test_a_wrong_method_is_405_with_all_methods_of_the_path(client: HttpClient) -> None:
    response = await client.request("PUT", "/v1/sheets/1")
    assert problem_in(response).status == 405
    assert response.headers["allow"] == "DELETE, GET"


async def test_no_token_and_a_bad_token_are_401_with_a_challenge(client: HttpClient) -> None:
    for headers in ({}, {"Authorization": "Bearer bad"}, {"Authorization": "Basic eDp5"}):
        response = await client.post("/v1/sheets", json={"lines": []}, headers=headers)
        assert problem_in(response).status == 401
        assert "Bearer" in response.headers["www-authenticate"]


async def test_a_body_announced_too_large_is_413(client: HttpClient) -> None:
    response = await client.post("/v1/sheets/raw", content=b"x" * 1001)
    problem = problem_in(response)
    assert (problem.status, problem.code) == (413, "payload_too_large")
    assert "1000" in problem.detail


@pytest.mark.parametrize("path", ["/v1/sheets", "/v1/sheets/raw"])
async def test_a_streamed_body_is_413_as_soon_as_it_is_too_large(
    client: HttpClient, path: str
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100:
            sent += 1
            yield b"x" * 100

    library = client.library_client
    response = await library.post(path, content=endless(), headers=TOKEN | JSON)
    assert problem_in(response).status == 413


async def test_a_body_within_the_limit_is_read(client: HttpClient) -> None:
    response = await client.post("/v1/sheets/raw", content=b"x" * 1000)
    assert response.json() == {"bytes": 1000}


async def test_the_longest_prefix_decides_the_limit() -> None:
    settings = WebSettings(max_body_bytes_by_prefix={"/v1": 10, "/v1/sheets/raw": 20})
    async with client_of(make_api(settings)) as client:
        accepted = await client.post("/v1/sheets/raw", content=b"x" * 20)
        refused = await client.post("/v1/sheets", content=b"x" * 20, headers=TOKEN | JSON)
    assert (accepted.status_code, refused.status_code) == (200, 413)


async def test_a_defect_is_500_without_internals(client: HttpClient, log: StringIO) -> None:
    response = await client.request("DELETE", "/v1/sheets/1", headers={"X-Request-Id": "r-1"})
    problem = problem_in(response)
    assert (problem.status, problem.code) == (500, "internal_error")
    assert "hidden" not in response.text
    assert "RuntimeError" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    (line,) = [one for one in map(json.loads, log.getvalue().splitlines()) if "failure" in one]
    assert (line["request_id"], line["event"]) == ("r-1", "unexpected_error")
    assert line["failure"][0]["type"] == "builtins.RuntimeError"
    assert "hidden" not in log.getvalue()


@pytest.mark.parametrize(
    ("raised", "code", "kind"),
    [
        (404, "not_found", "needs_correction"),
        (406, "http_406", "needs_correction"),
        (499, "http_499", "needs_correction"),
        (503, "http_503", "retryable"),
    ],
)
async def test_exceptions_of_the_framework_become_problems(
    raised: int, code: str, kind: str
) -> None:
    app = make_api()

    @app.get("/raise")
    async def endpoint() -> None:
        raise HTTPException(raised, headers={"X-Kept": "yes"})

    async with client_of(app) as client:
        response = await client.request("GET", "/raise", idempotent=False)
    problem = problem_in(response)
    assert (problem.status, problem.code, problem.kind) == (raised, code, kind)
    assert response.headers["x-kept"] == "yes"


async def test_a_redirect_by_exception_is_no_problem() -> None:
    app = make_api()

    @app.get("/raise")
    async def endpoint() -> None:
        raise HTTPException(303, headers={"Location": "/elsewhere"})

    async with client_of(app) as client:
        response = await client.get("/raise")
    assert (response.status_code, response.headers["location"]) == (303, "/elsewhere")


async def test_an_answer_that_breaks_half_way_breaks_the_connection() -> None:
    app = make_api()

    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        raise RuntimeError("hidden")

    @app.get("/stream")
    async def endpoint() -> StreamingResponse:
        return StreamingResponse(parts())

    async with client_of(app) as client:
        with pytest.raises(ConnectionAbortedError, match="could not be completed"):
            await client.get("/stream")
