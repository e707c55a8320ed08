"""Opens the connector on real Tryton, and makes postings that this Tryton would take."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from deploy.tryton.server import TrytonServer
from shared.http_client import AsyncBaseTransport, HttpClient
from shared.values import SystemClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.erp.schemas import PostingRequest
from system_apis.connectors.tryton import CONNECTOR
from system_apis.connectors.tryton.port import TrytonErp

WORK_DAY = date(2026, 11, 10)


def soon(seconds: float = 30) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def new_key() -> str:
    return hashlib.sha256(uuid.uuid4().bytes).hexdigest()


@contextlib.asynccontextmanager
async def opened(
    server: TrytonServer, transport: AsyncBaseTransport | None = None, **options: Any
) -> AsyncIterator[TrytonErp]:
    login = server.manifest["integration_user"]
    values = {
        "base_url": server.base_url,
        "database": server.database,
        "user": login["login"],
        "password": login["password"],
    }
    settings = CONNECTOR.settings.model_validate({**values, **options})
    async with HttpClient(name="erp-test", transport=transport) as http:
        context = ConnectionContext("erp-test", ("US01",), http, SystemClock())
        port = CONNECTOR.open(settings, context)
        assert isinstance(port, TrytonErp)
        yield port
        await port.close()


def posting(server: TrytonServer, **changes: Any) -> PostingRequest:
    project = server.manifest["projects"][0]
    values = {
        "posting_key": new_key(),
        "legal_entity_id": str(server.manifest["company"]["id"]),
        "worker_id": str(server.manifest["employees"][0]["id"]),
        "project_id": str(project["id"]),
        "task_id": str(project["tasks"][0]["id"]),
        "work_date": WORK_DAY,
        "accounting_date": WORK_DAY,
        "minutes": 95,
        "billable": True,
        "narrative": 'Workshop with\nthe "client"',
    }
    return PostingRequest.model_validate({**values, **changes})
