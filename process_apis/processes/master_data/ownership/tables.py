"""What owners agreed on, where they do not, and what people decided about it.

Each row is about one attribute of one worker or client, by the ERP's record of them.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.master_data.ownership.rules import Origin


class SettledValue(SQLModel, table=True):
    """What counts while owners differ: what they last agreed on, or what a person decided.

    Gone as soon as all owners say the same.
    """

    __tablename__ = "settled_value"
    __table_args__ = (one_of("origin", Origin, "settled_value_origin"),)

    kind: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    attribute: str = Field(primary_key=True)
    value: str | None = None
    origin: str
    against: dict[str, str | None] = Field(
        sa_column=Column(Json, nullable=False),
        description="By connection, the value that was decided against; another one counts again.",
    )
    decision_id: UUID | None = Field(default=None, description="The conflict or the proposal.")
    settled_by: str | None = None
    settled_at: datetime = Field(sa_type=Instant)


class _About(SQLModel):
    """Which attribute of which record of which ERP."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    subject_id: UUID
    connection: str
    external_id: str
    name: str
    attribute: str


def _services() -> Any:
    return Field(
        default_factory=list,
        sa_column=Column("through", Json, nullable=False, server_default="[]"),
        description="Services that acted for them.",
    )


class OwnershipConflict(_About, table=True):
    """Owners changed an attribute to different values."""

    __tablename__ = "ownership_conflict"
    __table_args__ = (
        Index(
            "ownership_conflict_open",
            "kind",
            "subject_id",
            "attribute",
            unique=True,
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ownership_conflict_newest", "opened_at", "id"),
    )

    agreed: str | None = None
    claims: list[dict[str, Any]] = Field(sa_column=Column(Json, nullable=False))
    opened_at: datetime = Field(sa_type=Instant)
    resolved_at: datetime | None = Field(default=None, sa_type=Instant)
    resolution: str | None = Field(default=None, description="In words.")
    value: str | None = Field(default=None, description="What was chosen.")
    resolved_by: str | None = None
    through: list[str] = _services()
    reason: str | None = None


class AttributePin(_About, table=True):
    """A steward's value, in force until an instant; nothing has to run for it to end."""

    __tablename__ = "attribute_pin"
    __table_args__ = (
        Index(
            "attribute_pin_current",
            "kind",
            "subject_id",
            "attribute",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("attribute_pin_newest", "pinned_at", "id"),
    )

    value: str
    until: datetime = Field(sa_type=Instant)
    pinned_at: datetime = Field(sa_type=Instant)
    pinned_by: str | None = None
    through: list[str] = _services()
    reason: str | None = None
    released_at: datetime | None = Field(default=None, sa_type=Instant)
    released_by: str | None = None
    release_reason: str | None = None


class ProposalStatus(StrEnum):
    """State of a proposal.

    WITHDRAWN: the system that made it says something else by now. ADOPTED: what counts is the same
    by now, without a decision.
    """

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    ADOPTED = "ADOPTED"


class AttributeProposal(_About, table=True):
    """A system that does not own an attribute changed it."""

    __tablename__ = "attribute_proposal"
    __table_args__ = (
        one_of("status", ProposalStatus, "attribute_proposal_status"),
        Index(
            "attribute_proposal_open",
            "kind",
            "subject_id",
            "attribute",
            "source_connection",
            unique=True,
            postgresql_where=text("status = 'OPEN'"),
        ),
        Index("attribute_proposal_newest", "proposed_at", "id"),
    )

    source_connection: str
    source_external_id: str
    value: str | None = None
    instead_of: str | None = Field(default=None, description="What counted at the time.")
    status: str = Field(default=ProposalStatus.OPEN)
    proposed_at: datetime = Field(sa_type=Instant)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = None
    through: list[str] = _services()
    reason: str | None = None
