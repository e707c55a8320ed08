"""One set-up of traces, measurements and logs for each process."""

import os
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec

import structlog
from fastapi.telemetry import TelemetryConfig
from opentelemetry import metrics, propagate, trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider, sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.telemetry.export import CleaningExporter
from shared.telemetry.logging import configure_logging
from shared.telemetry.settings import TelemetrySettings

# Probes come every few seconds and would drown everything else.
_PROBES = frozenset({"/health", "/ready", "/metrics"})
# The framework's own spans and durations. Its logs hold the texts of exceptions, which quote data.
SERVER_TELEMETRY: TelemetryConfig = {
    "exclude": lambda scope: scope.get("path") in _PROBES,
    "operation_spans": False,
    "logs": False,
    "auto_configure": False,
}

_log = structlog.get_logger("timepost.telemetry")


def configure(
    service_name: str,
    settings: TelemetrySettings,
    *,
    span_processors: Sequence[SpanProcessor] = (),
) -> None:
    """Call it first in ``create_app`` and in the worker; later calls only renew the logging.

    :param service_name: such as ``timepost-process``.
    :param span_processors: further receivers of spans; wrap their exporters in
        :class:`CleaningExporter`.
    """
    configure_logging(settings)
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return  # the providers of a process cannot be replaced
    # Baggage stays out: whatever a caller put into it would be handed on to every platform.
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    resource = Resource.create(
        {"service.name": service_name, "service.version": version("timepost")}
    )
    trace.set_tracer_provider(_tracer_provider(resource, [*span_processors, *_otlp()]))
    reader = PrometheusMetricReader()
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))


def _tracer_provider(resource: Resource, processors: Sequence[SpanProcessor]) -> TracerProvider:
    # Without a receiver nothing is recorded, but ids are made and handed on, for the logs.
    unheard = not processors and "OTEL_TRACES_SAMPLER" not in os.environ
    sampler = sampling.ALWAYS_OFF if unheard else None
    provider = TracerProvider(resource=resource, sampler=sampler)
    for processor in processors:
        provider.add_span_processor(processor)
    return provider


def _otlp() -> Sequence[SpanProcessor]:
    wanted = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    )
    if not wanted:
        return ()
    if find_spec("opentelemetry.exporter.otlp") is None:
        _log.warning("traces_not_sent", reason="the extra `otlp` is not installed")
        return ()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  an extra
        OTLPSpanExporter,
    )

    return (BatchSpanProcessor(CleaningExporter(OTLPSpanExporter())),)
