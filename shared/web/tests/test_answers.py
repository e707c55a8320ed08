"""What stands in every answer, and what the pages for developers need."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator

import pytest

from shared.http_client import ASGITransport, HttpClient
from shared.web import WebSettings
from shared.web.tests.sheets import client_of, make_api


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with client_of(make_api()) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/sheets/1", "/v1/nothing", "/health", "/metrics"])
async def test_security_headers_stand_in_every_answer(client: HttpClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("seconds", "expected"), [(60, "max-age=60; includeSubDomains"), (0, None)]
)
async def test_over_https_the_browser_is_told_to_stay_there(
    seconds: int, expected: str | None
) -> None:
    transport = ASGITransport(app=make_api(WebSettings(hsts_seconds=seconds)))
    async with HttpClient("https://api", name="api", transport=transport) as client:
        answer = await client.get("/health")
    assert answer.headers.get("strict-transport-security") == expected


@pytest.mark.parametrize("offered", ["abc-1.2_3", "x" * 64])
async def test_a_sane_request_id_is_kept(client: HttpClient, offered: str) -> None:
    answer = await client.get("/v1/sheets/1", headers={"X-Request-Id": offered})
    assert answer.headers.get_list("x-request-id") == [offered]


@pytest.mark.parametrize("offered", ["", "x" * 65, "a b", 'a"b', "<script>", "a;b"])
async def test_any_other_request_id_is_replaced(client: HttpClient, offered: str) -> None:
    answer = await client.get("/v1/sheets/1", headers={"X-Request-Id": offered})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_the_docs_page_loads_nothing_from_elsewhere(client: HttpClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert not re.search(r"(?:src|href)=.(?:https?:)?//", page.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert (await client.get(address)).status_code == 200


async def test_the_docs_page_may_run_its_own_script_only(client: HttpClient) -> None:
    page = await client.get("/docs")
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"script-src 'self' 'sha256-{digest}'" in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy


async def test_docs_can_be_switched_off() -> None:
    async with client_of(make_api(WebSettings(docs_enabled=False))) as client:
        assert (await client.get("/docs")).status_code == 404
        assert (await client.get("/openapi.json")).status_code == 404


async def test_metrics_are_in_the_text_format_of_prometheus(client: HttpClient) -> None:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# TYPE" in answer.text
