"""Webhook deliveries over real HTTP, with retries, and with the faults that were asked for."""

import asyncio
import itertools
import json
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, Literal

import httpx2
from pydantic import BaseModel, Field

from deploy.sandboxes.clockify.faults import Faults, Release
from deploy.sandboxes.clockify.records import Webhook
from deploy.sandboxes.clockify.store import Store

Outcome = Literal["sending", "delivered", "failed", "dropped", "held"]


class Delivery(BaseModel):
    """One message to one webhook, as the control API shows it."""

    number: int
    webhook_id: str
    event: str
    subject: str
    url: str
    created_at: datetime
    outcome: Outcome
    attempts: int = 0
    answers: list[str] = Field(default_factory=list)


class Deliveries:
    """Sends what happened to every webhook that asked for it."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._http = httpx2.AsyncClient(timeout=10)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[tuple[Delivery, Webhook, bytes]] = []
        self._numbers = itertools.count(1)
        self.log: list[Delivery] = []

    def emit(self, workspace_id: str, event: str, subject: str, body: dict[str, Any]) -> None:
        """Hand a message to the webhooks of this event; the caller does not wait."""
        for webhook in self._store.webhooks.all():
            wanted = (webhook.workspace_id, webhook.webhook_event) == (workspace_id, event)
            if wanted and webhook.enabled and webhook.delivery_enabled:
                self._dispatch(webhook, subject, json.dumps(body).encode())

    def release(self, how: Release) -> int:
        """Send what was held; gives the number of messages."""
        held, self._held = self._held, []
        if how.order == "reversed":
            held.reverse()
        self._start(self._one_after_another(held))
        return len(held)

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def reset(self) -> None:
        """Stop what is under way and forget all messages."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._held.clear()
        self.log.clear()

    async def aclose(self) -> None:
        await self.reset()
        await self._http.aclose()

    def _dispatch(self, webhook: Webhook, subject: str, content: bytes) -> None:
        faults = self._faults.webhooks
        for _ in range(faults.copies):
            delivery = Delivery(
                number=next(self._numbers),
                webhook_id=webhook.id,
                event=webhook.webhook_event,
                subject=subject,
                url=webhook.url,
                created_at=self._store.clock.now(),
                outcome="sending",
            )
            self.log.append(delivery)
            if faults.drop_next:
                faults.drop_next -= 1
                delivery.outcome = "dropped"
            elif faults.hold:
                delivery.outcome = "held"
                self._held.append((delivery, webhook, content))
            else:
                self._start(self._send(delivery, webhook, content))

    async def _one_after_another(self, held: list[tuple[Delivery, Webhook, bytes]]) -> None:
        for delivery, webhook, content in held:
            delivery.outcome = "sending"
            await self._send(delivery, webhook, content)

    async def _send(self, delivery: Delivery, webhook: Webhook, content: bytes) -> None:
        for delay_ms in (0, *self._faults.webhooks.retry_delays_ms):
            await asyncio.sleep(delay_ms / 1000)
            delivery.attempts += 1
            if await self._attempt(delivery, webhook, content):
                delivery.outcome = "delivered"
                self._note_result(webhook.id, delivered=True)
                return
        delivery.outcome = "failed"
        self._note_result(webhook.id, delivered=False)

    async def _attempt(self, delivery: Delivery, webhook: Webhook, content: bytes) -> bool:
        headers = {
            "Content-Type": "application/json",
            "Clockify-Signature": webhook.auth_token,
            "Clockify-Webhook-Event-Type": webhook.webhook_event,
        }
        try:
            answer = await self._http.post(webhook.url, content=content, headers=headers)
        except httpx2.HTTPError as error:
            delivery.answers.append(type(error).__name__)
            return False
        delivery.answers.append(str(answer.status_code))
        return answer.is_success

    def _note_result(self, webhook_id: str, *, delivered: bool) -> None:
        """After some failed messages in a row the vendor stops delivering altogether."""
        webhook = self._store.webhooks.get(webhook_id)
        if webhook is None:
            return
        webhook.failures_in_a_row = 0 if delivered else webhook.failures_in_a_row + 1
        if webhook.failures_in_a_row >= self._faults.webhooks.disable_after:
            webhook.delivery_enabled = False
        self._store.webhooks.put(webhook)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
