"""One trace from the webhook to the call of the ERP, and nothing confidential in it."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest


class Collector(BaseHTTPRequestHandler):
    """Takes spans as an OpenTelemetry collector does."""

    received: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the parent names it so
        """Not on the terminal."""


@pytest.fixture(scope="module")
def collected() -> list[tuple[str, bytes]]:
    return Collector.received


@pytest.fixture(scope="module")
def output() -> str:
    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever).start()
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "shared.telemetry.tests.journey"],
            env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        collector.shutdown()
        collector.server_close()
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def spans(output: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(output.splitlines()[-1])["spans"]
    return found


@pytest.fixture(scope="module")
def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()[:-1]]


def named(spans: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (found,) = [span for span in spans if span["name"] == name]
    return found


def test_one_trace_leads_from_the_webhook_to_the_erp(spans: list[dict[str, Any]]) -> None:
    webhook = named(spans, "POST /v1/events")
    worker = named(spans, "post approved hours")
    erp = named(spans, "POST /postings/{key}")
    assert webhook["context"]["trace_id"] == worker["context"]["trace_id"]
    assert webhook["context"]["trace_id"] == erp["context"]["trace_id"]
    assert worker["parent_id"] == webhook["context"]["span_id"]
    (call,) = [span for span in spans if span["parent_id"] == worker["context"]["span_id"]]
    assert erp["parent_id"] == call["context"]["span_id"]


def test_a_batch_of_several_traces_links_to_each(spans: list[dict[str, Any]]) -> None:
    batch = named(spans, "batch")
    assert batch["parent_id"] is None
    assert len(batch["links"]) == 2


def test_probes_make_no_server_span(spans: list[dict[str, Any]]) -> None:
    assert not [span for span in spans if "/metrics" in span["name"]]


def test_nothing_confidential_leaves_the_process(output: str) -> None:
    assert "hidden" not in output
    assert "[redacted]" in output


def test_addresses_in_spans_have_no_query(spans: list[dict[str, Any]]) -> None:
    addresses = [span["attributes"].get("url.full", "") for span in spans]
    assert any(address.endswith("/v1/events") for address in addresses)
    assert not [span for span in spans if "url.query" in span["attributes"]]


def test_a_failure_in_a_span_keeps_its_type(spans: list[dict[str, Any]]) -> None:
    for name in ("POST /postings/{key}", "failing"):
        (event,) = named(spans, name)["events"]
        assert event["attributes"]["exception.type"] == "ValueError"
        assert named(spans, name)["status"] == {"status_code": "ERROR"}


def test_log_lines_carry_the_trace_and_the_request(
    lines: list[dict[str, Any]], spans: list[dict[str, Any]]
) -> None:
    trace_id = named(spans, "POST /v1/events")["context"]["trace_id"].removeprefix("0x")
    (access,) = [line for line in lines if line.get("path") == "/v1/events"]
    assert access["trace_id"] == trace_id
    assert access["request_id"] == "webhook-1"
    (failed,) = [line for line in lines if line["event"] == "unexpected_error"]
    assert failed["trace_id"] == trace_id
    assert failed["failure"][0]["type"] == "builtins.ValueError"
    assert any("journey.py" in place for place in failed["failure"][0]["at"])


def test_counters_appear_among_the_metrics(output: str) -> None:
    measured = json.loads(output.splitlines()[-1])["metrics"]
    assert "journey_events_total" in measured
    assert "http_server_request_duration_seconds" in measured
    assert "http_client_request_duration_seconds" in measured


def test_with_an_endpoint_spans_are_sent_and_as_clean(
    output: str, collected: list[tuple[str, bytes]]
) -> None:
    assert {path for path, _ in collected} == {"/v1/traces"}
    sent = b"".join(body for _, body in collected)
    assert b"post approved hours" in sent
    assert b"journey" in sent
    assert b"hidden" not in sent
