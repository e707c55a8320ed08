"""Traces, measurements and logs: one set-up for each process, nothing confidential in any.

Counters and histograms come from ``opentelemetry.metrics.get_meter(__name__)`` directly; they
appear under ``/metrics``. SQLAlchemy is instrumented by the tier that has a database.
"""

from shared.telemetry.carrier import Carrier, carry, resume
from shared.telemetry.export import CleaningExporter
from shared.telemetry.logging import configure_logging
from shared.telemetry.settings import TelemetrySettings
from shared.telemetry.setup import SERVER_TELEMETRY, configure

__all__ = [
    "SERVER_TELEMETRY",
    "Carrier",
    "CleaningExporter",
    "TelemetrySettings",
    "carry",
    "configure",
    "configure_logging",
    "resume",
]
