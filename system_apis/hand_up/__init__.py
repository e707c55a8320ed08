"""The one way up: events of webhooks, committed by the process tier before anyone gets a 2xx."""

from system_apis.hand_up.coalescing import BatchRefused, HandUp, HandUpSettings
from system_apis.hand_up.envelope import CloudEvent, delivered_events, unreadable_event
from system_apis.hand_up.process_tier import ProcessTier

__all__ = [
    "BatchRefused",
    "CloudEvent",
    "HandUp",
    "HandUpSettings",
    "ProcessTier",
    "delivered_events",
    "unreadable_event",
]
