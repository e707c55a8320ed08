"""What an installation may decide about logs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TelemetrySettings(BaseModel):
    """Embedded in each tier's settings as ``telemetry``.

    Traces follow OpenTelemetry's own environment variables: they are sent as soon as
    ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set and the extra ``otlp`` is installed.
    """

    model_config = ConfigDict(frozen=True)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least important level that is written."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="`json` for machines, `console` for a person at a terminal."
    )
