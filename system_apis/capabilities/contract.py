"""What the wire contracts of all capabilities have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ExternalId = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(min_length=1, max_length=200, description="Business code.")]
Name = Annotated[str, Field(min_length=1, max_length=500)]
Email = Annotated[str, Field(min_length=1, max_length=320)]


class Contract(BaseModel):
    """Base of the contracts' models: an unknown field is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")
