"""What callers of master lists ask."""

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class MasterQuery(BaseModel):
    """Which page of a master list."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(default=None, max_length=2000, description="From the page before.")
    limit: int = Field(default=200, ge=1, le=500)
    changed_since: AwareDatetime | None = Field(
        default=None, description="Only what changed since; without it the pages are complete."
    )


Masters = Annotated[MasterQuery, Query()]
