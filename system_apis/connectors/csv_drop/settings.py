"""Options of a connection to files (`[connections.options]`)."""

import codecs
from datetime import date, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ListSettings(_Options):
    """What the columns of one list's files mean."""

    columns: dict[str, str | list[str]] = Field(
        description="Field of Timepost = column of the file; several are joined by a colon.",
        examples=[{"external_id": "PROJNR", "code": "PROJNR", "name": "NAME"}],
    )
    constants: dict[str, str] = Field(
        default_factory=dict, description="Field of Timepost = what all lines have."
    )
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Field of Timepost = table of the file's words and Timepost's.",
    )
    control_total: str | None = Field(
        default=None, description="Column of numbers whose sum stands in the trailer."
    )

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if "external_id" not in self.columns:
            raise ValueError("columns need external_id: without it no line is known again")
        return self


class CsvDropSettings(_Options):
    """Where the files are, and how they are written."""

    folder: Path = Field(
        description="Folder with `incoming`; the others are made in it.",
        examples=["/srv/drop/legacy-erp"],
    )
    lists: dict[str, ListSettings] = Field(
        min_length=1,
        description="A table for each list that comes as files.",
        examples=["projects"],
    )
    encoding: str = Field(default="utf-8", description="As Python calls it, such as cp1252.")
    delimiter: str = Field(default=";", min_length=1, max_length=1)
    decimal_comma: bool = Field(
        default=False, description="1.234,50 instead of 1,234.50; either may have no thousands."
    )
    date_format: str = Field(default="%Y-%m-%d", description="Such as %d.%m.%Y.")
    true_words: list[str] = Field(
        default=["true", "yes", "1", "j", "y", "x"], description="All other words are false."
    )
    checksum: Literal["sidecar", "none"] = Field(
        default="sidecar",
        description="`sidecar`: NAME.csv comes with NAME.csv.sha256, as sha256sum writes it.",
    )
    largest_file_bytes: int = Field(default=256 * 1024 * 1024, gt=0)

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError("is not the name of an encoding") from None
        return encoding

    @field_validator("date_format")
    @classmethod
    def _writes_a_whole_date(cls, date_format: str) -> str:
        day = date(2026, 11, 23)
        try:
            again = datetime.strptime(day.strftime(date_format), date_format).date()  # noqa: DTZ007
        except ValueError:
            again = None
        if again != day:
            raise ValueError("does not write day, month and year, such as %d.%m.%Y")
        return date_format
