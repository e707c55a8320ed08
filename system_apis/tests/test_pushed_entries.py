"""Pushed entries and uploaded files, from the request to what the process tier has committed."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from standardwebhooks import Webhook

from deploy.identity.in_thread import RunningIdentityServer
from shared.http_client import ASGITransport, HttpClient, Response
from shared.identity import IdentitySettings, ServiceTokens
from shared.web import WebSettings, wait_until_started
from system_apis.app import create_app
from system_apis.settings import SystemSettings
from system_apis.tests.conftest import Api, ProcessTierStandIn, Token

SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()
CONNECTIONS = """
[[connections]]
name = "own-us"
connector = "signed_events"
legal_entities = ["US01"]
[connections.options]
signing_secrets = [{ file = "signing-secret" }]

[[connections]]
name = "own-closed"
connector = "signed_events"
legal_entities = ["US01"]
[connections.options]
signing_secrets = [{ file = "signing-secret" }]
bulk_upload = false
"""
BULK = "/time-tracking/v1/own-us/entries/bulk"
LINES, ARRAY = "application/x-ndjson", "application/json; charset=utf-8"

Upload = Callable[..., Awaitable[Response]]


def entry(external_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "worker": {"external_id": "u1"},
        "work_date": "2026-11-16",
        "minutes": 90,
        "timezone": "Europe/Berlin",
        "billable": True,
        "narrative": "Talks about the takeover",
    } | changes


def in_lines(*lines: Any) -> bytes:
    return b"\n".join(
        line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines
    )


@pytest.fixture
def connections_file(tmp_path: Path) -> Path:
    (tmp_path / "signing-secret").write_text(SECRET)
    file = tmp_path / "connections.toml"
    file.write_text(CONNECTIONS, encoding="utf-8")
    return file


@pytest.fixture
async def app(settings: SystemSettings) -> AsyncIterator[FastAPI]:
    web = WebSettings(
        access_log=False,
        max_body_bytes=50_000,
        max_body_bytes_by_prefix={"/time-tracking/v1/*/entries/bulk": 4_000_000},
    )
    packages = ("system_apis.connectors",)
    app = create_app(settings.model_copy(update={"web": web, "connector_packages": packages}))
    async with app.router.lifespan_context(app):
        await wait_until_started(app)
        yield app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[Api]:
    transport = ASGITransport(app=app)
    async with HttpClient("http://system", name="system tier", transport=transport) as client:
        yield client


@pytest.fixture
async def upload(api: Api, identity: RunningIdentityServer) -> AsyncIterator[Upload]:
    """Uploads as the operator, who has the scope for it."""
    own = IdentitySettings(
        issuer=identity.issuer,
        audience="timepost-process",
        client_id="timepost-operator",
        client_secret=identity.client_secrets["timepost-operator"],
    )
    async with HttpClient(name="identity server") as http:
        tokens = ServiceTokens(own, http.library_client)
        token = await tokens.token("timepost-system", ["time-tracking:write"])

        async def send(body: bytes, kind: str = LINES, path: str = BULK) -> Response:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
            return await api.post(path, content=body, headers=headers, idempotent=False)

        yield send


async def deliver(api: Api, document: Any, delivery_id: str = "msg_1") -> Response:
    body, now = json.dumps(document), datetime.now(UTC)
    headers = {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(delivery_id, now, body),
    }
    path = "/time-tracking/v1/own-us/webhooks"
    return await api.post(path, content=body.encode(), headers=headers, idempotent=False)


async def test_a_delivery_of_many_is_handed_up_whole_with_ids_of_their_own(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    answer = await deliver(api, {"entries": [entry("e1"), entry("e2")], "deleted": ["e3"]})

    assert (answer.status_code, answer.json()) == (202, {"events": 3})
    first, second, gone = process_tier.events
    assert [event["id"] for event in process_tier.events] == ["msg_1", "msg_1#1", "msg_1#2"]
    assert [event["deliveryid"] for event in process_tier.events] == ["msg_1", "msg_1#1", "msg_1#2"]
    assert first["data"]["entry"]["external_id"] == "e1"
    assert first["data"]["entry"]["approval"]["status"] == "OPEN"
    assert second["data"]["final"] is True
    assert gone["data"] == {"change": "DELETED", "entry": None, "final": True}


async def test_what_is_signed_and_unreadable_is_kept(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    answer = await deliver(api, {"entries": [entry("e1", minutes="takeover")]})

    assert answer.status_code == 400
    assert "takeover" not in answer.text
    (event,) = process_tier.events
    assert event["type"] == "timepost.webhook.unreadable.v1"
    assert "entries.0.minutes" in event["data"]["reason"]


async def test_good_lines_are_committed_and_bad_ones_come_back(
    upload: Upload, process_tier: ProcessTierStandIn
) -> None:
    answer = await upload(
        in_lines(
            entry("e1"),
            b"",
            b"{broken takeover",
            entry("e2", minutes=-5),
            entry("e3", narrative="takeover\0"),
            [1],
            entry("e4", colour="takeover"),
            entry("e" * 300),
            b'{"external_id": "e9", "narrative": "' + b"x" * 70_000 + b'"}',
            entry("e5", approval={"status": "APPROVED"}),
        )
    )

    assert answer.status_code == 200
    result = answer.json()
    assert (result["accepted"], result["rejected"]) == (2, 7)
    by_line = {line["line"]: line for line in result["lines"]}
    assert by_line[1] == {"line": 1, "external_id": "e1", "status": "accepted", "errors": []}
    told = {n: (by_line[n]["external_id"], by_line[n]["errors"][0]["field"]) for n in range(3, 10)}
    assert told == {
        3: (None, "$"),
        4: ("e2", "minutes"),
        5: ("e3", "narrative"),
        6: (None, "$"),
        7: ("e4", "colour"),
        8: (None, "external_id"),
        9: (None, "$"),
    }
    assert "takeover" not in answer.text
    assert [event["subject"] for event in process_tier.events] == ["e1", "e5"]
    assert process_tier.events[0]["data"]["entry"]["approval"]["status"] == "OPEN"
    assert process_tier.events[1]["data"]["entry"]["approval"]["status"] == "APPROVED"


async def test_the_same_file_again_has_the_same_ids_whatever_its_form(
    upload: Upload, process_tier: ProcessTierStandIn
) -> None:
    entries = [entry("e1"), entry("e2")]

    await upload(in_lines(*entries))
    await upload(json.dumps(list(reversed(entries)), indent=1).encode(), ARRAY)

    first, second, third, fourth = process_tier.events
    assert (first["id"], second["id"]) == (fourth["id"], third["id"])
    assert first["id"] != second["id"]
    assert "deliveryid" not in first


async def test_a_large_file_is_committed_in_slices_and_in_order(
    upload: Upload, process_tier: ProcessTierStandIn
) -> None:
    answer = await upload(in_lines(*(entry(f"e{n}") for n in range(1000))))

    assert answer.json()["accepted"] == 1000
    assert [len(batch) for batch in process_tier.batches] == [200] * 5
    assert [event["subject"] for event in process_tier.events] == [f"e{n}" for n in range(1000)]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", LINES, 422),
        (b"\n\n", LINES, 422),
        (b"[]", ARRAY, 422),
        (b"{}", ARRAY, 400),
        (b"[", ARRAY, 400),
        (b"a,b", "text/csv", 415),
        (b"{}", "", 415),
        (b"1\n" * 5001, LINES, 413),
        (b"x" * 4_000_001, LINES, 413),
    ],
)
async def test_what_is_no_file_is_refused_whole(
    upload: Upload, process_tier: ProcessTierStandIn, body: bytes, kind: str, status: int
) -> None:
    answer = await upload(body, kind)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert process_tier.events == []


async def test_a_connection_that_takes_no_files_says_so(upload: Upload) -> None:
    answer = await upload(in_lines(entry("e1")), path=BULK.replace("own-us", "own-closed"))

    assert (answer.status_code, answer.json()["code"]) == (409, "bulk_upload_not_offered")


async def test_a_file_needs_the_scope(api: Api, token: Token) -> None:
    headers = {"Authorization": f"Bearer {await token()}", "Content-Type": LINES}

    answer = await api.post(BULK, content=in_lines(entry("e1")), headers=headers)

    assert answer.status_code == 403


async def test_nothing_is_said_to_be_committed_that_is_not(
    upload: Upload, process_tier: ProcessTierStandIn
) -> None:
    answer = await upload(in_lines(entry("e1"), entry("poison")))

    assert answer.status_code == 502
    assert process_tier.events == []
