"""Options of one Tryton connection (`[connections.options]` in the connections file)."""

import re
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator


class TrytonSettings(BaseModel):
    """How to reach one Tryton database, and how to read what stands in it."""

    base_url: str = Field(description="Address of trytond, without the database's name.")
    database: str = Field(min_length=1)
    user: str = Field(min_length=1, description="A user of its own; see the README for its rights.")
    password: SecretStr
    url_shape: Literal["auto", "rpc", "root"] = Field(
        default="auto",
        description="`rpc`: /<database>/rpc/ (Tryton 8); `root`: /<database>/ (Tryton 6 and 7); "
        "`auto` finds out at the first login.",
    )
    idempotency: Literal["auto", "uuid", "marker"] = Field(
        default="auto",
        description="`uuid`: our key is the line's uuid (needs the timepost_reference module); "
        "`marker`: our key stands in the line's description; `auto` asks Tryton.",
    )
    batch_size: int = Field(default=50, ge=1, le=200, description="Lines per create call.")
    timeout_seconds: float = Field(default=30.0, gt=0, le=300, description="Longest single call.")
    settle_seconds: int = Field(
        default=60,
        ge=0,
        description="How long Tryton may go on with a call nobody waits for: its own "
        "`[request] timeout`.",
    )
    project_code: re.Pattern[str] = Field(
        default=re.compile(r"(?P<code>[A-Z]{1,6}-\d+)\s+(?P<name>.+)"),
        description="Splits a project's name into groups `code` and `name`. A name that does not "
        "match keeps Tryton's own project number as its code.",
    )
    closed_statuses: frozenset[str] = Field(
        default=frozenset(),
        description="Names of project statuses that count as closed, besides those that demand "
        "100 % progress.",
    )
    check_periods: bool = Field(
        default=True,
        description="Refuse hours whose accounting date lies in a closed period. Tryton itself "
        "does not.",
    )
    company_ids: dict[str, int] = Field(
        default_factory=dict,
        description="Legal entity code to company id, where it is not the company's party code.",
    )

    @field_validator("base_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", value):
            raise ValueError("must be an http or https address")
        return value.rstrip("/")

    @field_validator("project_code")
    @classmethod
    def _with_both_groups(cls, value: re.Pattern[str]) -> re.Pattern[str]:
        if not {"code", "name"} <= set(value.groupindex):
            raise ValueError("needs the groups (?P<code>...) and (?P<name>...)")
        return value
