"""Deliveries that prove nothing, say nothing, or come at the wrong moment."""

import json

import httpx2
import pytest

from deploy.local.connections_file import TRACKER
from tests.journeys.people import Office
from tests.journeys.product import ON_STOCK, Product, until

pytestmark = [pytest.mark.journey, ON_STOCK]


async def deliver(
    product: Product, body: bytes, *, token: str | None = None, connection: str = TRACKER
) -> httpx2.Response:
    """Deliver to the product as the tracker does; with a token of its own unless one is given."""
    headers = {"Content-Type": "application/json", "Clockify-Webhook-Event-Type": "NEW_TIME_ENTRY"}
    signature = product.stack.webhook_tokens[0] if token is None else token
    if signature:
        headers["Clockify-Signature"] = signature
    url = product.stack.webhooks_url.replace(TRACKER, connection)
    async with httpx2.AsyncClient(timeout=30) as http:
        return await http.post(url, content=body, headers=headers)


def assert_problem(answer: httpx2.Response, status: int, code: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def quarantined(office: Office) -> list[str]:
    deliveries = (await office.operator.read("/v1/quarantine"))["deliveries"]
    return [each["id"] for each in deliveries]


async def test_what_proves_no_sender_is_refused_and_not_kept(
    office: Office, product: Product
) -> None:
    before = await quarantined(office)
    assert_problem(await deliver(product, b"{}", token=""), 401, "webhook_unsigned")
    assert_problem(await deliver(product, b"{}", token="guessed"), 401, "webhook_signature_invalid")
    assert_problem(await deliver(product, b" " * (2 << 20)), 413, "payload_too_large")
    assert_problem(
        await deliver(product, b"{}", connection="clockify-mars"), 404, "connection_unknown"
    )
    assert await quarantined(office) == before


async def test_what_is_proven_and_not_understood_is_kept_for_an_operator(
    office: Office, product: Product
) -> None:
    before = await quarantined(office)
    body = json.dumps({"id": ["not", "an", "id"]}).encode()
    assert_problem(await deliver(product, body), 400, "webhook_unreadable")
    assert_problem(await deliver(product, body), 400, "webhook_unreadable")

    (kept,) = set(await quarantined(office)) - set(before)
    deliveries = (await office.operator.read("/v1/quarantine"))["deliveries"]
    row = next(each for each in deliveries if each["id"] == kept)
    assert (row["connection"], row["status"], row["size"]) == (TRACKER, "HELD", len(body))
    still = await office.operator.call("POST", f"/v1/quarantine/{kept}/replay")
    assert still.status_code == 502, still.text


async def test_nothing_is_lost_while_the_process_tier_is_away(
    office: Office, product: Product
) -> None:
    await office.tracker.disturb_webhooks(retry_delays_ms=[500] * 60, disable_after=1000)
    process = product.process("process")
    process.stop()
    week = await office.approved_week(395)
    body = json.dumps({"id": week.entry_id, "workspaceId": product.stack.firm.workspace_id})
    answer = await deliver(product, body.encode())
    process.start()

    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    await office.posted(week)

    async def ready() -> bool:
        async with httpx2.AsyncClient(base_url=product.url("system")) as http:
            return (await http.get("/ready")).status_code == 200

    await until(product, "the system tier finds the process tier again", ready)
