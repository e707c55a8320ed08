"""Webhook intake: proof first, then meaning, then commit, and only then an answer."""

from collections.abc import Mapping
from typing import Literal

import structlog
from opentelemetry.metrics import Meter

from shared.problems import (
    InvalidRequest,
    NotReady,
    PayloadTooLarge,
    TimepostProblem,
    Unauthenticated,
    UpstreamRefused,
)
from shared.values import Clock
from system_apis.capabilities.time_tracking.port import TimeTrackingPort, UnreadableWebhook
from system_apis.capabilities.time_tracking.schemas import TrackerEvent
from system_apis.hand_up import HandUp, tracker_events, unreadable_event

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


class WebhookIntake:
    """Takes deliveries of all time-tracking connections. Keeps nothing."""

    def __init__(self, hand_up: HandUp, clock: Clock, meter: Meter, max_bytes: int) -> None:
        self._hand_up = hand_up
        self._clock = clock
        self._max_bytes = max_bytes
        self._deliveries = meter.create_counter(
            "timepost.webhooks.deliveries",
            description="Deliveries from trackers, by connection and what became of them.",
        )

    async def receive(
        self, connection: str, tracker: TimeTrackingPort, headers: Mapping[str, str], body: bytes
    ) -> int:
        """Number of events that were handed up and are committed.

        :raises PayloadTooLarge: larger than any delivery of a tracker should be.
        :raises Unauthenticated: the delivery does not prove who sent it.
        :raises InvalidRequest: nobody could read it; it is kept in quarantine.
        :raises NotReady: not committed, the tracker has to deliver again.
        :raises UpstreamRefused: the process tier refuses the events.
        """
        try:
            if len(body) > self._max_bytes:
                raise PayloadTooLarge(f"At most {self._max_bytes} bytes are read here.")
            tracker.verify_webhook(headers, body)
            accepted = await self._hand_up_delivery(connection, tracker, headers, body)
        except TimepostProblem as problem:
            outcome = _OUTCOMES.get(type(problem))
            if outcome is not None:
                self._count(connection, outcome)
            raise
        self._count(connection, "accepted")
        return accepted

    async def _hand_up_delivery(
        self, connection: str, tracker: TimeTrackingPort, headers: Mapping[str, str], body: bytes
    ) -> int:
        try:
            parsed = read_delivery(tracker, headers, body)
        except UnreadableWebhook as fault:
            event = unreadable_event(connection, headers, body, str(fault), self._clock.now())
            await self._hand_up.hand_up([event])
            raise InvalidRequest(
                f"The delivery cannot be read: {fault} It is kept in quarantine.",
                code="webhook_unreadable",
                action="Nothing to send again; an operator can replay it from the quarantine.",
            ) from fault
        events = tracker_events(connection, body, parsed, self._clock.now())
        await self._hand_up.hand_up(events)
        return len(events)

    def _count(self, connection: str, outcome: Outcome) -> None:
        self._deliveries.add(1, {"connection": connection, "outcome": outcome})


def read_delivery(
    tracker: TimeTrackingPort, headers: Mapping[str, str], body: bytes
) -> list[TrackerEvent]:
    """Events of a verified delivery.

    A connector that stumbles over a payload it did not foresee must not lose the delivery:
    any exception of it counts as unreadable. Its text may quote the payload and is left out.

    :raises UnreadableWebhook: the connector does not understand it.
    """
    try:
        return list(tracker.parse_webhook(headers, body))
    except UnreadableWebhook:
        raise
    except Exception as error:  # noqa: BLE001 - logged, and the delivery goes to quarantine
        _log.error("webhook_parser_failed", exc_info=error)
        name = type(error).__name__
        raise UnreadableWebhook(f"the connector failed on it with {name}.") from None
