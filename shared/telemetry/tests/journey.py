"""Run as a program: a webhook, a stored row, a worker and a call of another app, in one trace.

Providers can be set once in a process, so this one is the test's own. Prints log lines, then the
spans as one JSON object on the last line.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from opentelemetry import metrics, trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.http_client import HttpClient
from shared.identity import public_route
from shared.telemetry import CleaningExporter, TelemetrySettings, carry, configure, resume
from shared.web import WebSettings, create_api, throttled

_log = structlog.get_logger("journey")
_stored: list[dict[str, str]] = []


def _api(title: str, router: APIRouter) -> FastAPI:
    return create_api(
        title=title, version="1", description=title, routers=[router], settings=WebSettings()
    )


def _process_api() -> FastAPI:
    router = APIRouter(dependencies=[public_route("test")])

    @router.post("/v1/events", operation_id="accept_events")
    @throttled("60/minute")
    async def accept_events() -> None:
        _stored.append(carry())
        metrics.get_meter("journey").create_counter("journey.events").add(1)

    return _api("process", router)


def _erp_api() -> FastAPI:
    router = APIRouter(dependencies=[public_route("test")])

    @router.post("/postings/{key}", operation_id="post")
    @throttled("60/minute")
    async def post(key: str) -> None:
        _log.info("posted", api_key="hidden-1", narrative="hidden-2", header="Bearer hidden-3")
        raise ValueError(f"hidden-4 {key}")

    return _api("erp", router)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


async def main() -> None:
    memory = InMemorySpanExporter()
    configure(
        "journey",
        TelemetrySettings(),
        span_processors=[SimpleSpanProcessor(CleaningExporter(memory))],
    )
    async with served(_process_api()) as process, served(_erp_api()) as erp:
        async with HttpClient(process, name="process") as up:
            await up.post("/v1/events?signature=hidden-5", headers={"X-Request-Id": "webhook-1"})
            measured = (await up.get("/metrics")).text
        with resume(_stored[0], "post approved hours"):
            async with HttpClient(erp, name="erp") as down:
                await down.post("/postings/k1?token=hidden-6")
        with resume([*_stored, {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}], "batch"):
            pass
    with (
        suppress(ValueError),
        trace.get_tracer("journey").start_as_current_span("failing") as span,
    ):
        span.set_attribute("client_secret", "hidden-8")
        raise ValueError("hidden-7")
    spans = [json.loads(span.to_json()) for span in memory.get_finished_spans()]
    print(json.dumps({"spans": spans, "metrics": measured}))


if __name__ == "__main__":
    asyncio.run(main())
