"""Options of a Redmine connection (`[connections.options]`)."""

import re
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ApprovalField(_Options):
    """A list custom field of time entries that people agree to use as the approval state."""

    id: int = Field(ge=1, description="Number of the custom field.", examples=[1])
    open: str = Field(default="open", description="No value means the same.")
    submitted: str = "submitted"
    approved: str = "approved"
    rejected: str = "rejected"
    posted: str | None = Field(
        default="posted", description="Set by feedback. Without it nothing is written back."
    )

    @model_validator(mode="after")
    def _has_different_values(self) -> Self:
        values = [self.open, self.submitted, self.approved, self.rejected, self.posted]
        if len(set(values)) < len(values):
            raise ValueError("two states have the same value")
        return self


class RedmineSettings(_Options):
    """How to reach Redmine, and how to read it."""

    base_url: str = Field(
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="As in the browser.",
        examples=["https://redmine.example.com"],
    )
    api_key: SecretStr = Field(
        description="Of an administrator: only they see everybody's e-mail address."
    )
    approval: ApprovalField | None = Field(
        default=None, description="Without it there are no approvals in Redmine."
    )
    projects: list[str] = Field(
        default_factory=list, description="Identifiers of the projects to read; none: all."
    )
    project_code_pattern: str = Field(
        default=r"^(?P<code>[A-Z][A-Z0-9]*-\d+)\b",
        description="Finds the business code in a project's name; needs a group `code`.",
    )
    task_from: Literal["activity", "issue", "none"] = Field(
        default="activity", description="What the ERP's tasks are in Redmine."
    )
    non_billable_activities: list[str] = Field(default_factory=list, description="By name.")
    default_timezone: str = Field(
        default="UTC", description="IANA zone of the people; Redmine tells days, not instants."
    )
    scan_days: int = Field(
        default=35,
        ge=1,
        le=400,
        description="Work dates that every sweep lists; older ones only by longer sweeps.",
    )
    look_back_seconds: int = Field(
        default=120,
        ge=0,
        le=3600,
        description="How much earlier than asked changes are looked for: for clocks that differ.",
    )
    people_ttl_seconds: int = Field(
        default=300, ge=0, le=86_400, description="How long e-mail addresses are kept."
    )

    @field_validator("project_code_pattern")
    @classmethod
    def _has_group_code(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        if "code" not in groups:
            raise ValueError("needs a group called code: (?P<code>...)")
        return pattern

    @field_validator("default_timezone")
    @classmethod
    def _is_known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is not the name of an IANA time zone") from None
        return zone
