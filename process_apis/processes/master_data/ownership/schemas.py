"""Wire contract of ownership, a part of `master_data` v1."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from process_apis.processes.master_data.ownership.attributes import Subject, System
from process_apis.processes.master_data.ownership.rules import Survivorship
from process_apis.processes.master_data.ownership.tables import ProposalStatus
from process_apis.texts import Storable


class DriftKind(StrEnum):
    """Kinds of records that several systems have."""

    WORKER = "worker"
    CLIENT = "client"


class DriftQuery(BaseModel):
    """Which differences."""

    model_config = ConfigDict(extra="forbid")

    kind: DriftKind | None = None
    connection: Storable | None = Field(
        default=None, max_length=63, description="Whose copies differ."
    )
    after: Storable | None = Field(
        default=None, max_length=2000, description="`next_after` of the page before."
    )
    limit: int = Field(default=200, ge=1, le=1000)


class DriftView(BaseModel):
    """An attribute of which a copy says something else than its owner."""

    kind: DriftKind
    name: str = Field(description="As the copy has it.")
    attribute: str
    owner_connection: str = Field(
        description="Whose word counts; `timepost` where a person decided."
    )
    owner_external_id: str = Field(
        description="Or the id of the pin, conflict or proposal that was decided on."
    )
    owner_value: str
    copy_connection: str = Field(description="Where it has to be mended.")
    copy_external_id: str
    copy_value: str | None
    why: str = Field(description="Why the owner's value counts.")


class DriftPage(BaseModel):
    """By kind, record of the ERP, attribute and copy."""

    drift: list[DriftView]
    next_after: str | None = Field(description="`after` of the next page.")


class RuleView(BaseModel):
    """Who owns an attribute, for all or for some legal entities."""

    legal_entities: list[str] | None = Field(description="Their codes; null for all others.")
    owners: list[str] = Field(
        description="Kinds of systems, or `connection:<name>`, the first before the second; of "
        "none, nobody is asked."
    )
    survivorship: Survivorship


class OwnedAttribute(BaseModel):
    """An attribute, who keeps it, and who owns it."""

    subject: Subject
    attribute: str
    meaning: str
    kept_by: list[System] = Field(description="Kinds of systems of which Timepost reads it.")
    compared: bool = Field(description="Several keep it, and where they differ is listed.")
    configured: bool = Field(description="By the ownership file; else it is as usual.")
    rules: list[RuleView] = Field(description="Those of legal entities first.")


class OwnershipView(BaseModel):
    """Every attribute that has an owner."""

    attributes: list[OwnedAttribute]
    unknown_connections: list[str] = Field(
        description="Of the file, those that there are not (yet): nobody is asked in their place."
    )
    unknown_legal_entities: list[str] = Field(
        description="Of the file, codes that no ERP has (yet): their rules hold for nobody."
    )


class ListQuery(BaseModel):
    """A page of a list, the latest first."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable | None = Field(default=None, max_length=63, description="The ERP.")
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class ConflictQuery(ListQuery):
    """Which conflicts."""

    open: bool | None = Field(default=None, description="Only those that wait, or that do not.")


class PinQuery(ListQuery):
    """Which pins."""

    in_force: bool | None = None


class ProposalQuery(ListQuery):
    """Which proposals."""

    status: ProposalStatus | None = None


class About(BaseModel):
    """Which attribute of which record of which ERP."""

    id: UUID
    kind: DriftKind
    connection: str = Field(description="The ERP.")
    external_id: str = Field(description="Of its record.")
    name: str
    attribute: str


class ClaimView(BaseModel):
    """What one owner says."""

    system: System
    connection: str
    external_id: str
    value: str | None


class ConflictView(About):
    """Owners changed an attribute to different values."""

    agreed: str | None = Field(description="What they last agreed on; it counts meanwhile.")
    claims: list[ClaimView]
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str | None = Field(description="In words.")
    value: str | None = Field(description="What counts since.")
    resolved_by: str | None
    through: list[str] = Field(description="Services that acted for them.")
    reason: str | None


class ConflictPage(BaseModel):
    """Conflicts, the latest first."""

    conflicts: list[ConflictView]
    next_cursor: str | None


class Choice(BaseModel):
    """Whose value counts."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable = Field(max_length=63, description="One of those that claim it.")
    value: Storable | None = Field(max_length=500, description="As it was read.")
    reason: Storable = Field(min_length=3, max_length=500)


class NewPin(BaseModel):
    """A value that counts, whatever anybody says, until an instant."""

    model_config = ConfigDict(extra="forbid")

    kind: DriftKind
    connection: Storable = Field(max_length=63, description="The ERP.")
    external_id: Storable = Field(min_length=1, max_length=200, description="Of its record.")
    attribute: Storable = Field(max_length=63)
    value: Storable = Field(min_length=1, max_length=500)
    until: AwareDatetime = Field(description="In a year at the latest.")
    reason: Storable = Field(min_length=3, max_length=500)


class Release(BaseModel):
    """Why a pin is not needed any more."""

    model_config = ConfigDict(extra="forbid")

    reason: Storable = Field(min_length=3, max_length=500)


class PinView(About):
    """A steward's value."""

    value: str
    until: datetime
    in_force: bool
    pinned_at: datetime
    pinned_by: str
    through: list[str] = Field(description="Services that acted for them.")
    reason: str
    released_at: datetime | None
    released_by: str | None
    release_reason: str | None


class PinPage(BaseModel):
    """Pins, the latest first."""

    pins: list[PinView]
    next_cursor: str | None


class ProposalView(About):
    """A system that does not own an attribute changed it."""

    source_connection: str = Field(description="Which system.")
    source_external_id: str
    value: str | None = Field(description="What it says; null if it says nothing any more.")
    instead_of: str | None = Field(description="What counted at the time.")
    status: ProposalStatus
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    through: list[str] = Field(description="Services that acted for them.")
    reason: str | None


class ProposalPage(BaseModel):
    """Proposals, the latest first."""

    proposals: list[ProposalView]
    next_cursor: str | None


class Decision(BaseModel):
    """Whether what a system proposed is right."""

    model_config = ConfigDict(extra="forbid")

    accept: bool
    reason: Storable = Field(min_length=3, max_length=500)
