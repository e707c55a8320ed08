"""The body of a delivery. Its entries are in the canonical words already."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from system_apis.capabilities.contract import ExternalId
from system_apis.capabilities.time_tracking.schemas import TimeEntry

MOST_AT_ONCE = 1000


class Delivery(BaseModel):
    """Whole entries as they stand now, and the ids of those that are gone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    entries: Annotated[list[TimeEntry], Field(max_length=MOST_AT_ONCE)] = []
    deleted: Annotated[list[ExternalId], Field(max_length=MOST_AT_ONCE)] = []
