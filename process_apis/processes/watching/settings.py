"""How the watch is set."""

from pydantic import BaseModel, ConfigDict, Field


class WatchSettings(BaseModel):
    """When silence is worth a case. What is usual is learned, so nothing is said at first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weeks: int = Field(
        default=6, ge=2, le=26, description="Weeks back that tell what is usual in an hour."
    )
    weeks_needed: int = Field(
        default=4, ge=2, description="With fewer weeks known, silence is no alarm."
    )
    busy_from: int = Field(
        default=10,
        ge=0,
        description="Arrivals that make an hour of the week a busy one, as the median of the weeks;"
        " 0 switches this watch off.",
    )
    gap_minutes: int = Field(
        default=15,
        ge=1,
        description="Then a pushed version that others have overtaken counts as lost.",
    )
