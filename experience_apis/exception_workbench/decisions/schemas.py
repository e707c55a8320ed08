"""Wire contract of the workbench v1: choices and waivers."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from experience_apis.exception_workbench.schemas import CaseRow


class Choice(StrEnum):
    """Ways on; which of them a case offers stands with the case."""

    OFFSET = "offset"
    TAKEN_BACK = "taken_back"
    CHANGE_CLOSED = "change_closed"
    SOFT_CLOSED = "soft_closed"
    REPOST_ORIGINAL = "repost_original"
    CORRECT = "correct"
    LINK = "link"
    POST_ANYWAY = "post_anyway"


class NewChoice(BaseModel):
    """What the caller chooses, and why."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice = Field(description="One of the case's `choices`.")
    reason: str = Field(min_length=10, max_length=4000, description="For whoever audits it later.")
    document: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="The ERP's document that shows it, such as a credit note.",
    )
    line: str | None = Field(
        default=None, min_length=1, max_length=200, description="The ERP's id of a line."
    )


class NewWaiver(BaseModel):
    """Why it may stay as it is."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=10, max_length=4000)


class ChoiceView(BaseModel):
    """What a choice led to; the rest goes on in the background."""

    case: CaseRow
    posting_state: str = Field(examples=["RECEIVED"])
    sentence: str = Field(examples=["It is validated in the background."])
