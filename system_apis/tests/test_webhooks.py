"""Webhooks: nobody gets a 2xx before the commit, and nothing that was proven is lost."""

import asyncio
import base64
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI

from deploy.identity.in_thread import RunningIdentityServer
from shared.http_client import ASGITransport, Response
from shared.telemetry import TelemetrySettings, configure_logging
from shared.web import wait_until_started
from system_apis.app import create_app
from system_apis.settings import SystemSettings
from system_apis.tests.conftest import (
    Api,
    ProcessTierStandIn,
    process_tier_stand_in,
    settings_for,
    wait_for,
)
from system_apis.tests.connectors.hours import signature

PATH = "/time-tracking/v1/hours-de/webhooks"


def body_of(*entries: str) -> bytes:
    return json.dumps({"events": [{"entry": entry} for entry in entries]}).encode()


async def deliver(
    api: Api, body: bytes, *, path: str = PATH, headers: Mapping[str, str] | None = None
) -> Response:
    signed = {"X-Hours-Signature": signature("hours-secret", body), **(headers or {})}
    return await api.post(path, content=body, headers=signed, idempotent=False)


def assert_told_to_deliver_again(answer: Response) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["kind"] == "retryable"


async def test_a_delivery_is_answered_after_its_events_are_committed(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    body = b'{"events": [{"entry": "17", "delivery": "d-1"}, {"entry": "18", "delivery": "d-1"}]}'

    answer = await deliver(api, body)

    assert (answer.status_code, answer.json()) == (202, {"events": 2})
    ((first, second),) = process_tier.batches
    assert first["source"] == "/connections/hours-de"
    assert first["type"] == "timepost.time_entry.changed.v1"
    assert (first["subject"], second["subject"]) == ("17", "18")
    assert first["data"] == {"change": "CHANGED", "entry": None}
    assert (first["id"], first["deliveryid"]) == ("d-1", "d-1")
    assert second["id"] != first["id"]


async def test_the_senders_trace_goes_with_the_event(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"

    await deliver(api, body_of("17"), headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})

    (event,) = process_tier.events
    assert event["traceparent"].split("-")[1] == trace_id


async def test_a_delivery_about_nothing_we_follow_is_accepted_without_a_call(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    answer = await deliver(api, b"", headers={"X-Hours-Event": "ping"})

    assert (answer.status_code, answer.json()) == (202, {"events": 0})
    assert process_tier.batches == []


@pytest.mark.parametrize("header", [{}, {"X-Hours-Signature": "0" * 64}])
async def test_without_proof_nothing_is_handed_up(
    api: Api, process_tier: ProcessTierStandIn, header: dict[str, str]
) -> None:
    answer = await api.post(PATH, content=body_of("17"), headers=header, idempotent=False)

    assert (answer.status_code, answer.json()["code"]) == (401, "webhook_unproven")
    assert process_tier.batches == []


async def test_too_large_a_delivery_is_refused_before_its_proof_is_looked_at(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    answer = await api.post(PATH, content=b"x" * 100_001, headers={}, idempotent=False)

    assert answer.status_code == 413
    assert process_tier.batches == []


async def test_an_unreadable_delivery_is_kept_and_said_to_be_kept(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    answer = await deliver(api, b"<xml>", headers={"X-Hours-Event": "changed"})

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_unreadable")
    assert "kept in quarantine" in answer.json()["detail"]
    (event,) = process_tier.events
    assert event["type"] == "timepost.webhook.unreadable.v1"
    assert event["data"]["reason"] == "it is not JSON."
    assert event["data"]["headers"]["x-hours-event"] == "changed"
    assert not any("signature" in name for name in event["data"]["headers"])
    assert base64.b64decode(event["data"]["body_base64"]) == b"<xml>"


async def test_a_connector_that_stumbles_loses_nothing_and_quotes_nothing(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    log = io.StringIO()
    configure_logging(TelemetrySettings(), log)

    answer = await deliver(api, b'{"events": [{"entry": ["confidential words"]}]}')

    assert answer.status_code == 400
    (event,) = process_tier.events
    assert event["data"]["reason"] == "the connector failed on it with ValidationError."
    assert "confidential" not in answer.text + event["data"]["reason"] + log.getvalue()
    assert "webhook_parser_failed" in log.getvalue()


async def test_what_was_kept_can_be_parsed_again(
    api: Api, process_tier: ProcessTierStandIn, authorised: dict[str, str]
) -> None:
    kept = {
        "headers": {"x-hours-event": "changed"},
        "body_base64": base64.b64encode(body_of("17")).decode(),
    }

    answer = await api.post(PATH + "/parse", json=kept, headers=authorised)

    (event,) = answer.json()["events"]
    assert (event["subject"], event["change"]) == ("17", "CHANGED")
    assert process_tier.batches == []


@pytest.mark.parametrize("encoded", ["%%%", base64.b64encode(b"<xml>").decode()])
async def test_what_still_cannot_be_parsed_is_told_so(
    api: Api, authorised: dict[str, str], encoded: str
) -> None:
    kept = {"headers": {}, "body_base64": encoded}

    answer = await api.post(PATH + "/parse", json=kept, headers=authorised)

    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_unreadable")
    assert answer.json()["errors"]


async def test_an_unknown_connection_and_one_of_another_kind_are_told_apart(api: Api) -> None:
    unknown = await deliver(api, b"", path="/time-tracking/v1/nowhere/webhooks")
    other = await deliver(api, b"", path="/time-tracking/v1/ledger-de/webhooks")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "connection_unknown")
    assert (other.status_code, other.json()["code"]) == (404, "connection_of_other_capability")
    assert "is of the capability erp, not time_tracking" in other.json()["detail"]


async def test_many_deliveries_at_once_need_few_requests(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    answers = await asyncio.gather(*(deliver(api, body_of(str(n))) for n in range(300)))

    assert {answer.status_code for answer in answers} == {202}
    assert {event["subject"] for event in process_tier.events} == {str(n) for n in range(300)}
    assert len(process_tier.batches) <= 15


async def test_one_delivery_the_process_tier_refuses_does_not_hold_up_the_others(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    subjects = [str(n) for n in range(20)] + ["poison"]

    answers = await asyncio.gather(*(deliver(api, body_of(each)) for each in subjects))

    assert [answer.status_code for answer in answers] == [202] * 20 + [502]
    assert answers[-1].json()["code"] == "upstream_refused"
    assert {event["subject"] for event in process_tier.events} == set(subjects[:-1])


async def test_each_outcome_is_counted_by_connection(api: Api) -> None:
    before = await counted(api)
    await deliver(api, body_of("17"))
    await deliver(api, b"<xml>")
    await api.post(PATH, content=b"", headers={}, idempotent=False)
    await api.post(PATH, content=b"x" * 100_001, headers={}, idempotent=False)
    after = await counted(api)

    more = {outcome: after[outcome] - before.get(outcome, 0) for outcome in after}
    assert {outcome: count for outcome, count in more.items() if count} == {
        "accepted": 1,
        "unreadable": 1,
        "unproven": 1,
        "too_large": 1,
    }


async def counted(api: Api) -> dict[str, int]:
    found = {}
    for line in (await api.get("/metrics")).text.splitlines():
        if line.startswith("timepost_webhooks_deliveries_total{") and '"hours-de"' in line:
            outcome = line.split('outcome="')[1].split('"')[0]
            found[outcome] = int(float(line.rsplit(" ", 1)[1]))
    return found


async def test_a_process_tier_killed_in_the_middle_means_deliver_again(
    identity: RunningIdentityServer, connections_file: Path, tmp_path: Path
) -> None:
    """Every 202 stands in the journal of the killed process; everybody else is told 503."""
    with process_tier_stand_in(identity.issuer, tmp_path, seconds_before_commit=0.1) as tier:
        app = create_app(settings_for(identity, tier.url, connections_file))
        async with running(app) as api:
            tasks = [
                asyncio.create_task(deliver(api, body_of(str(number)))) for number in range(1000)
            ]
            await asyncio.to_thread(wait_for, lambda: len(tier.batches) >= 3)
            tier.kill()
            answers = await asyncio.gather(*tasks)

            told = {str(number): answer for number, answer in enumerate(answers)}
            committed = {event["subject"] for event in tier.events}
            accepted = {each for each, answer in told.items() if answer.status_code == 202}
            assert accepted <= committed
            assert 0 < len(accepted) < 1000
            for each in told.keys() - accepted:
                assert_told_to_deliver_again(told[each])
            assert_told_to_deliver_again(await deliver(api, body_of("later")))
            assert_told_to_deliver_again(await deliver(api, b"<xml>"))


async def test_an_identity_provider_that_is_gone_means_deliver_again(
    settings: SystemSettings,
) -> None:
    gone = settings.identity.model_copy(update={"issuer": "http://127.0.0.1:9"})
    app = create_app(settings.model_copy(update={"identity": gone}))

    async with running(app) as api:
        assert_told_to_deliver_again(await deliver(api, body_of("17")))


class running:  # noqa: N801 - reads as a word where it is used
    """A started app, and a client of it."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._lifespan = app.router.lifespan_context(app)
        self._api = Api("http://system", name="system tier", transport=ASGITransport(app=app))

    async def __aenter__(self) -> Api:
        await self._lifespan.__aenter__()
        await wait_until_started(self._app)
        return self._api

    async def __aexit__(self, *_: object) -> None:
        await self._api.aclose()
        await self._lifespan.__aexit__(None, None, None)
