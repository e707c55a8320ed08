"""Webhook intake: proof first, then meaning, then commit, and only then an answer."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol, TypeVar

import structlog
from fastapi import Depends, Request
from opentelemetry.metrics import Meter
from starlette.datastructures import Headers

from shared.problems import (
    FieldError,
    InvalidRequest,
    NotReady,
    PayloadTooLarge,
    TimepostProblem,
    Unauthenticated,
    UpstreamRefused,
    ValidationFailed,
)
from shared.values import Clock
from system_apis.capabilities.deliveries import RawWebhook, UnreadableWebhook
from system_apis.capabilities.master_events import MasterEvent
from system_apis.capabilities.time_tracking.schemas import TrackerEvent
from system_apis.hand_up import HandUp, delivered_events, unreadable_event

_log = structlog.get_logger(__name__)

Outcome = Literal[
    "accepted", "too_large", "unproven", "unreadable", "not_committed", "refused_upstream"
]

_OUTCOMES: dict[type[TimepostProblem], Outcome] = {
    PayloadTooLarge: "too_large",
    Unauthenticated: "unproven",
    InvalidRequest: "unreadable",
    NotReady: "not_committed",
    UpstreamRefused: "refused_upstream",
}


E_co = TypeVar("E_co", TrackerEvent, MasterEvent, covariant=True)


class Receiver(Protocol[E_co]):
    """What a port has to say about a delivery."""

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None: ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[E_co]: ...


class WebhookIntake:
    """Takes deliveries of all connections. Keeps nothing."""

    def __init__(self, hand_up: HandUp, clock: Clock, meter: Meter, max_bytes: int) -> None:
        self._hand_up = hand_up
        self._clock = clock
        self._max_bytes = max_bytes
        self._deliveries = meter.create_counter(
            "timepost.webhooks.deliveries",
            description="Deliveries of webhooks, by connection and what became of them.",
        )

    async def receive(
        self, connection: str, receiver: Receiver[E_co], headers: Mapping[str, str], body: bytes
    ) -> int:
        """Number of events that were handed up and are committed.

        :raises PayloadTooLarge: larger than any delivery should be.
        :raises Unauthenticated: the delivery does not prove who sent it.
        :raises InvalidRequest: nobody could read it; it is kept in quarantine.
        :raises NotReady: not committed, it has to be delivered again.
        :raises UpstreamRefused: the process tier refuses the events.
        """
        try:
            if len(body) > self._max_bytes:
                raise PayloadTooLarge(f"At most {self._max_bytes} bytes are read here.")
            receiver.verify_webhook(headers, body)
            accepted = await self._hand_up_delivery(connection, receiver, headers, body)
        except TimepostProblem as problem:
            outcome = _OUTCOMES.get(type(problem))
            if outcome is not None:
                self._count(connection, outcome)
            raise
        self._count(connection, "accepted")
        return accepted

    async def _hand_up_delivery(
        self, connection: str, receiver: Receiver[E_co], headers: Mapping[str, str], body: bytes
    ) -> int:
        try:
            parsed = read_delivery(receiver, headers, body)
        except UnreadableWebhook as fault:
            event = unreadable_event(connection, headers, body, str(fault), self._clock.now())
            await self._hand_up.hand_up([event])
            raise InvalidRequest(
                f"The delivery cannot be read: {fault} It is kept in quarantine.",
                code="webhook_unreadable",
                action="Nothing to send again; an operator can replay it from the quarantine.",
            ) from fault
        events = delivered_events(connection, body, parsed, self._clock.now())
        await self._hand_up.hand_up(events)
        return len(events)

    def _count(self, connection: str, outcome: Outcome) -> None:
        self._deliveries.add(1, {"connection": connection, "outcome": outcome})


def read_delivery(receiver: Receiver[E_co], headers: Mapping[str, str], body: bytes) -> list[E_co]:
    """Events of a verified delivery.

    A connector that stumbles over a payload it did not foresee must not lose the delivery:
    any exception of it counts as unreadable. Its text may quote the payload and is left out.

    :raises UnreadableWebhook: the connector does not understand it.
    """
    try:
        return list(receiver.parse_webhook(headers, body))
    except UnreadableWebhook:
        raise
    except Exception as error:  # noqa: BLE001 - logged, and the delivery goes to quarantine
        _log.error("webhook_parser_failed", exc_info=error)
        name = type(error).__name__
        raise UnreadableWebhook(f"the connector failed on it with {name}.") from None


def read_again(receiver: Receiver[E_co], delivery: RawWebhook) -> list[E_co]:
    """Events of a delivery that was kept because nobody could read it.

    :raises ValidationFailed: still nobody can, or it is not what was kept.
    """
    try:
        body = base64.b64decode(delivery.body_base64, validate=True)
        return read_delivery(receiver, Headers(delivery.headers), body)
    except (binascii.Error, UnreadableWebhook) as fault:
        where = "$" if isinstance(fault, UnreadableWebhook) else "$.body_base64"
        raise ValidationFailed(
            "The delivery still cannot be read.",
            code="webhook_unreadable",
            errors=[FieldError(field=where, message=str(fault))],
        ) from fault


async def _intake(request: Request) -> WebhookIntake:
    intake: WebhookIntake = request.app.state.intake
    return intake


Intake = Annotated[WebhookIntake, Depends(_intake)]
