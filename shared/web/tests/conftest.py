"""Log lines of these tests have the product's own form."""

import io
from collections.abc import Iterator

import pytest
import structlog

from shared.telemetry import TelemetrySettings, configure_logging


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """What was logged; also spares the tests structlog's colourful tracebacks."""
    stream = io.StringIO()
    configure_logging(TelemetrySettings(), stream)
    yield stream
    structlog.reset_defaults()
