"""Versions of mappings, and their rules. What is published is never changed: another follows."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of


class MappingState(StrEnum):
    """`SUPERSEDED`: a later version of the same mapping was published."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    SUPERSEDED = "SUPERSEDED"


class MappingVersion(SQLModel, table=True):
    """One version of what maps a tracker's entries to an ERP, and who wrote and published it."""

    __tablename__ = "mapping_version"
    __table_args__ = (
        one_of("state", MappingState, "mapping_version_state"),
        Index("mapping_version_number", "tracker", "target", "version", unique=True),
        Index(
            "mapping_version_published",
            "tracker",
            "target",
            unique=True,
            postgresql_where=text("state = 'PUBLISHED'"),
        ),
        Index("mapping_version_newest", "created_at", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tracker: str
    target: str
    version: int
    requires: list[str] = Field(
        sa_column=Column(ARRAY(Text()), nullable=False), description="What every entry has to get."
    )
    state: str
    created_at: datetime = Field(sa_type=Instant)
    created_by: str
    published_at: datetime | None = Field(default=None, sa_type=Instant)
    published_by: str | None = None


class MappingRule(SQLModel, table=True):
    """What a rule asks for, what it gives, and when it holds."""

    __tablename__ = "mapping_rule"

    mapping_id: UUID = Field(primary_key=True)
    row: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    conditions: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    target_task: str | None = Field(default=None, description="The ERP's id.")
    billing_code: str | None = None
    activity: str | None = None
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="Inclusive.")
