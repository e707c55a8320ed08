"""What an installation may decide about how a tier speaks HTTP."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.web.rates import Rate


class WebSettings(BaseModel):
    """Embedded in each tier's settings as ``web``; every field has a sensible default."""

    model_config = ConfigDict(frozen=True)

    max_body_bytes: int = Field(
        default=1_048_576, gt=0, description="Largest request body, unless a prefix says otherwise."
    )
    max_body_bytes_by_prefix: dict[str, int] = Field(
        default_factory=dict,
        description="Largest body for paths that start with the key; the longest key wins. A * "
        "stands for one segment of the path.",
        examples=[{"/v1/events": 8_388_608}],
    )
    throttle_factor: float = Field(
        default=1.0, gt=0, description="Multiplies every limit, for a larger or smaller machine."
    )
    throttle_overrides: dict[str, Rate] = Field(
        default_factory=dict,
        description="Limits by operationId, instead of the built-in ones; the factor does not "
        "apply to them.",
        examples=[{"accept_events": "6000/minute"}],
    )
    throttle_storage: SecretStr = Field(
        default=SecretStr("memory://"),
        description="Where counts are kept; `redis://...` shares them between processes. Calls "
        "are synchronous: only a store that answers within a millisecond is suitable.",
    )
    docs_enabled: bool = Field(default=True, description="Serve /docs and /openapi.json.")
    access_log: bool = Field(default=True, description="One log line for each request.")
    hsts_seconds: int = Field(
        default=31_536_000, ge=0, description="Strict-Transport-Security over https; 0 sends none."
    )
    readiness_timeout_seconds: float = Field(
        default=3.0, gt=0, description="How long one readiness check may take."
    )
