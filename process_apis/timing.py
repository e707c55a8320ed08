"""How long the steps of the main job may take."""

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Timing(BaseModel):
    """In seconds. Shorter leases bring back sooner what a killed worker held.

    The order matters: `call` (the ERP is asked nothing later) < `answer` (we stop waiting for
    the system tier) < `lease` (another worker may take over). Only after the lease and the
    ERP's own settle time does a look-up prove that something was not posted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: float = Field(default=40, gt=0, description="The ERP is asked nothing later.")
    answer: float = Field(default=55, gt=0, description="Waiting for the system tier to answer.")
    lease: float = Field(default=90, gt=0, description="Then another worker looks a posting up.")
    reading_lease: float = Field(
        default=120, gt=0, description="Then another worker reads a hint, or tells a tracker."
    )
    retry_first: float = Field(default=5, gt=0, description="First wait before a posting again.")
    retry_most: float = Field(default=900, gt=0, description="Longest wait before a posting again.")
    outage_pause: float = Field(
        default=10, gt=0, description="First wait when a connection took nothing."
    )
    outage_most: float = Field(
        default=300, gt=0, description="Longest wait before a connection is tried again."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.call < self.answer < self.lease:
            raise ValueError("call must be shorter than answer, and answer shorter than lease")
        return self

    @property
    def lease_span(self) -> timedelta:
        """The lease of a posting as a span."""
        return timedelta(seconds=self.lease)

    @property
    def reading_lease_span(self) -> timedelta:
        """The lease of a hint and of feedback as a span."""
        return timedelta(seconds=self.reading_lease)
