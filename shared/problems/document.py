"""The problem document as it stands on the wire (RFC 9457, `application/problem+json`)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["retryable", "needs_correction", "needs_operator", "outcome_unknown"]


class FieldError(BaseModel):
    """One thing that is wrong with one place of the request."""

    field: str = Field(description="Where: a JSON path, or `query.limit`, `path.connection`.")
    message: str = Field(description="What is wrong there, in words.")


class ProblemDocument(BaseModel):
    """RFC 9457 members plus four of ours: `code`, `kind`, `action` and `errors`."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})

    type: str = Field(description="URN of the kind of problem: `urn:timepost:problem:<code>`.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str | None = Field(default=None, description="The request's id, for support.")
    code: str = Field(description="Stable identifier; programs compare this, never the text.")
    kind: Kind = Field(description="Who acts next.")
    action: str = Field(description="What to do next.")
    errors: list[FieldError] = Field(default_factory=list)
