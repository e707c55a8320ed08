"""Options of a TimeTagger connection (`[connections.options]`)."""

import re
from collections import Counter
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_TAG = r"^[0-9A-Za-z/_\-\u0080-\U0010ffff]+$"
_GROUPS = {"project", "task"}


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Person(_Options):
    """Somebody whose records are read. TimeTagger keeps one store for each, and lists nobody."""

    email: str = Field(pattern=r"^[^\s:@]+@[^\s:@]+$", examples=["ada@example.com"])
    name: str = Field(min_length=1, max_length=200, examples=["Ada Lindqvist"])
    timezone: str = Field(description="IANA zone; decides the work date.", examples=["Europe/Rome"])
    api_token: SecretStr = Field(description="From the person's own settings in TimeTagger.")
    id: str | None = Field(
        default=None,
        pattern=r"^[^\s:]{1,100}$",
        description="Part of the ids of entries, and kept for ever: the e-mail address, unless set "
        "here. Set it to the old address when the address changes.",
    )

    @property
    def key(self) -> str:
        """What stands in front of the ids of this person's entries."""
        return self.id or self.email.lower()

    @field_validator("timezone")
    @classmethod
    def _is_known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is not the name of an IANA time zone") from None
        return zone


class TagRule(_Options):
    """What a tag stands for. Without project, task and billable it stands for nothing."""

    tag: str | None = Field(default=None, pattern=_TAG, description="Without #; in any case.")
    pattern: str | None = Field(
        default=None,
        description="Instead of `tag`: matches whole tags, without #, in any case. Its groups "
        "`project` (taken in upper case) and `task` are used where the rule names none.",
    )
    project: str | None = Field(default=None, max_length=100, description="Code of the project.")
    task: str | None = Field(default=None, max_length=90, description="Name of the task.")
    billable: bool | None = None

    @model_validator(mode="after")
    def _names_tags_in_one_way(self) -> Self:
        if (self.tag is None) == (self.pattern is None):
            raise ValueError("needs either a tag or a pattern")
        return self

    @field_validator("pattern")
    @classmethod
    def _is_regular_expression(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern or "").groupindex
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        if unknown := sorted(set(groups) - _GROUPS):
            raise ValueError(f"has groups that are not known: {', '.join(unknown)}")
        return pattern


class TimeTaggerSettings(_Options):
    """Where TimeTagger is, whose records are read, and what their tags mean."""

    base_url: str = Field(
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="As in the browser, with the path prefix and without `/app`.",
        examples=["https://time.example.com/timetagger"],
    )
    people: list[Person] = Field(min_length=1, description="Everybody whose records are read.")
    tags: list[TagRule] = Field(
        default_factory=list, description="The first rule that fits a tag says what it stands for."
    )
    billable: bool = Field(default=True, description="Unless a tag's rule says otherwise.")
    feedback_tag: str | None = Field(
        default=None,
        pattern=_TAG,
        description="Appended to the text of posted records, for people to see. TimeTagger has no "
        "other place for it; without this option nothing is written.",
    )
    look_back_seconds: int = Field(
        default=120,
        ge=0,
        le=3600,
        description="How much earlier than asked changes are looked for: for clocks that differ.",
    )

    @model_validator(mode="after")
    def _has_every_person_once(self) -> Self:
        counted = Counter(person.key for person in self.people)
        if repeated := sorted(key for key, times in counted.items() if times > 1):
            raise ValueError(f"people stand there twice: {', '.join(repeated)}")
        return self
