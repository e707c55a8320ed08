"""Opens the connector on a Tryton that fails on demand, and makes postings for it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.http_client import HttpClient, MockTransport
from shared.values import Clock, FixedClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    OutcomeStatus,
    PostingOutcome,
    PostingRequest,
)
from system_apis.connectors.tryton import CONNECTOR
from system_apis.connectors.tryton.port import TrytonErp

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)
POSTED, ALREADY, REJECTED, RETRY, IN_DOUBT = (
    OutcomeStatus.POSTED,
    OutcomeStatus.ALREADY_POSTED,
    OutcomeStatus.REJECTED,
    OutcomeStatus.RETRY,
    OutcomeStatus.IN_DOUBT,
)


@contextlib.asynccontextmanager
async def opened(fake: Any, clock: Clock | None = None, **options: Any) -> AsyncIterator[TrytonErp]:
    """:param fake: anything that answers a request; an async function may hang."""
    values = {"base_url": "http://erp", "database": "halden", "user": "timepost"}
    settings = CONNECTOR.settings.model_validate({**values, "password": "pw-secret", **options})
    async with HttpClient(name="erp-test", transport=MockTransport(fake)) as http:
        context = ConnectionContext("erp-test", ("US01",), http, clock or FixedClock(NOW))
        port = CONNECTOR.open(settings, context)
        assert isinstance(port, TrytonErp)
        yield port
        await port.close()


def posting(number: int, **changes: Any) -> PostingRequest:
    values = {
        "posting_key": hashlib.sha256(str(number).encode()).hexdigest(),
        "legal_entity_id": "1",
        "worker_id": "1",
        "project_id": "1",
        "task_id": "2",
        "work_date": date(2026, 11, 10),
        "accounting_date": date(2026, 11, 10),
        "minutes": 60,
        "billable": True,
        "narrative": f"story {number}",
    }
    return PostingRequest.model_validate({**values, **changes})


def postings(count: int) -> list[PostingRequest]:
    return [posting(number) for number in range(count)]


def statuses(outcomes: object) -> list[OutcomeStatus]:
    assert isinstance(outcomes, list)
    return [outcome.status for outcome in outcomes]


def error_classes(outcomes: object) -> set[ErrorClass | None]:
    assert isinstance(outcomes, list)
    found: list[PostingOutcome] = outcomes
    return {each.error.error_class if each.error else None for each in found}
