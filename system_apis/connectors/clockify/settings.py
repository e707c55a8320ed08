"""Options of a Clockify connection (`[connections.options]`)."""

import re
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_GLOBAL_HOST = "api.clockify.me"
Region = Literal["global", "euc1", "use2", "euw2", "apse2"]


class ClockifySettings(BaseModel):
    """How to reach one workspace, and how to read it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: SecretStr = Field(
        description="Of an administrator's account: others see only their own entries."
    )
    workspace_id: str = Field(pattern=r"^[0-9a-fA-F]{24}$")
    region: Region = Field(default="global", description="Where the workspace's data is kept.")
    base_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="Instead of the region's address, up to and without `/v1`.",
    )
    webhook_tokens: list[SecretStr] = Field(
        default_factory=list,
        description="`authToken` of every webhook that delivers here; each has its own.",
    )
    requests_per_second: float = Field(
        default=20, gt=0, le=50, description="Of this connection; the vendor allows 50."
    )
    project_code_pattern: str = Field(
        default=r"^(?P<code>[A-Z][A-Z0-9]*-\d+)\b",
        description="Finds the business code in a project's name; needs a group `code`.",
    )
    default_timezone: str = Field(
        default="UTC", description="IANA zone for people whose own is not known."
    )
    masters_ttl_seconds: int = Field(
        default=300, ge=0, le=86_400, description="How long users, projects and tags are kept."
    )
    feed_look_back_seconds: int = Field(
        default=300,
        ge=60,
        le=3600,
        description="Deletions show up late (about a minute): how far a sweep looks back for them.",
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

    @property
    def workspace_url(self) -> str:
        """Address of the workspace's resources, without a slash at the end."""
        host = _GLOBAL_HOST if self.region == "global" else f"{self.region}.clockify.me"
        base = self.base_url or f"https://{host}/api"
        return f"{base}/v1/workspaces/{self.workspace_id}"

    @property
    def user_url(self) -> str:
        """Address of the account that the API key belongs to."""
        return self.workspace_url.rpartition("/workspaces/")[0] + "/user"
