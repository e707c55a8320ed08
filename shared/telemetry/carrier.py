"""Trace context across tables: from the webhook through inbox and job to the call of the ERP."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind

_tracer = trace.get_tracer("timepost")
# What OpenTelemetry keeps at most on one span by default.
_MOST_LINKS = 128

Carrier = Mapping[str, str]


def carry() -> dict[str, str]:
    """The current trace context (W3C ``traceparent``), to be stored in a row or a message.

    Empty outside of a trace.
    """
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


@contextmanager
def resume(carriers: Carrier | Sequence[Carrier | None] | None, name: str) -> Iterator[Span]:
    """Work on what was stored, as a span called ``name``.

    Rows of one trace are continued in it. A batch from several traces gets a trace of its own
    with a link to each: a span has one parent only.

    :param carriers: what :func:`carry` gave, of one row or of each row of a batch; rows from
        before tracing may have none.
    """
    several = [carriers] if isinstance(carriers, Mapping) or carriers is None else carriers
    origins = _distinct_origins(several)
    links: list[Link] = []
    parent: Context | None = None  # the current one
    if len(origins) == 1:
        parent = trace.set_span_in_context(trace.NonRecordingSpan(origins[0]))
    elif origins:
        parent = trace.set_span_in_context(trace.INVALID_SPAN)
        links = [Link(origin) for origin in origins[:_MOST_LINKS]]
    with _tracer.start_as_current_span(
        name, context=parent, kind=SpanKind.CONSUMER, links=links
    ) as span:
        yield span


def _distinct_origins(carriers: Sequence[Carrier | None]) -> list[SpanContext]:
    """One origin for each trace, in order."""
    origins: dict[int, SpanContext] = {}
    for carrier in carriers:
        span = trace.get_current_span(propagate.extract(carrier or {}))
        context = span.get_span_context()
        if carrier and context.is_valid:
            origins.setdefault(context.trace_id, context)
    return list(origins.values())
