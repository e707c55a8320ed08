"""Wire contract of ownership, a part of `master_data` v1."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.master_data.ownership.attributes import Subject, System
from process_apis.processes.master_data.ownership.rules import Survivorship
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
    owner_connection: str = Field(description="Whose word counts.")
    owner_external_id: str
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
