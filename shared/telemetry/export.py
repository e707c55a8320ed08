"""The gate through which spans leave the process: nothing confidential passes it.

Instrumentations put whole addresses, and the texts of exceptions, into spans. Cleaning here, in
the exporter's background thread, meets all of them, whoever made the span.
"""

from collections.abc import Mapping, Sequence

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

from shared.telemetry.redaction import REDACTED, bare_address, is_confidential, redacted

_ADDRESSES = frozenset({"url.full", "http.url"})
_WITH_QUERY = frozenset({"http.target", "url.path"})
_DROPPED = frozenset({"url.query", "exception.message", "exception.stacktrace"})


class CleaningExporter(SpanExporter):
    """Hands cleaned copies of spans to another exporter."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_cleaned(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _cleaned(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_clean_attributes(span.attributes),
        events=[
            Event(event.name, _clean_attributes(event.attributes), event.timestamp)
            for event in span.events
        ],
        links=span.links,
        kind=span.kind,
        # The description repeats the exception's text.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _clean_attributes(
    attributes: Mapping[str, AttributeValue] | None,
) -> dict[str, AttributeValue]:
    return {
        key: _clean_value(key, value)
        for key, value in (attributes or {}).items()
        if key not in _DROPPED
    }


def _clean_value(key: str, value: AttributeValue) -> AttributeValue:
    if is_confidential(key):
        return REDACTED
    if isinstance(value, str):
        if key in _ADDRESSES:
            return bare_address(value)
        if key in _WITH_QUERY:
            return value.partition("?")[0]
        return str(redacted(value))
    return value
