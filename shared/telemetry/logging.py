"""One JSON object for each line, with trace and request ids and without secrets."""

import logging
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from json import JSONEncoder
from typing import Any, TextIO, cast
from uuid import UUID

import structlog
from opentelemetry import trace
from structlog.types import EventDict, Processor

from shared.telemetry.failures import failure_record
from shared.telemetry.redaction import redacted
from shared.telemetry.settings import TelemetrySettings

# These write addresses with query strings, or every step of a connection.
_TOO_TALKATIVE = ("httpx2", "httpcore2")
_AS_TEXT = (date, Decimal, UUID)


class _StandardOutput:
    """Whatever standard output is when a line is written: programs and tests replace it."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that a second set-up replaces it and leaves other handlers alone."""


def configure_logging(settings: TelemetrySettings, stream: TextIO | None = None) -> None:
    """Our own lines and those of libraries, in one form on one stream (standard output)."""
    out = cast("TextIO", stream or _StandardOutput())
    level = logging.getLevelNamesMapping()[settings.log_level]
    render = _renderer(settings)
    structlog.configure(
        processors=[*_shared_steps(), render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_shared_steps()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.setLevel(level)
    for earlier in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        # The access log holds query strings; ours, in shared.web, does not.
        logger.propagate = name != "uvicorn.access"


def _shared_steps() -> Sequence[Processor]:
    return (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        _add_failure,
        _redact,
    )


def _renderer(settings: TelemetrySettings) -> Processor:
    if settings.log_format == "console":
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(serializer=_as_json)


def _add_trace(_logger: Any, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _add_failure(_logger: Any, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["failure"] = failure_record(error)
    return event


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    clean: EventDict = redacted(event)
    return clean


def _as_plain(value: Any) -> str:
    """Of an unknown object only its type: its repr may hold anything."""
    return str(value) if isinstance(value, _AS_TEXT) else f"<{type(value).__name__}>"


_encode = JSONEncoder(default=_as_plain, ensure_ascii=False).encode


def _as_json(event: Any, **_: Any) -> str:
    return _encode(event)
