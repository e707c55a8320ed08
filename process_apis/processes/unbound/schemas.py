"""Wire contract of `unbound` v1."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from process_apis.processes.master_data.schemas import BindableKind
from process_apis.processes.unbound.rules import Reason
from process_apis.texts import Storable


class SuggestionView(BaseModel):
    """A record of the ERP that may be meant."""

    canonical_id: UUID
    external_id: str
    name: str
    code: str | None
    score: float = Field(description="From 0 to 1; 1 for the same code or address.")
    reason: Reason


class UnboundView(BaseModel):
    """Something that a tracker's entries refer to, and that is bound to nothing."""

    connection: str
    target: str = Field(description="The ERP that would take the hours.")
    kind: BindableKind
    external_id: str
    name: str | None
    code: str | None
    email: str | None
    entries: int = Field(description="Approved entries that wait and name it.")
    minutes: int
    suggestions: list[SuggestionView] = Field(description="Best first.")


class UnboundReport(BaseModel):
    """By how much waits, the most first."""

    unbound: list[UnboundView]


class Chosen(BaseModel):
    """One suggestion, or another record of the same kind."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable = Field(max_length=63)
    kind: BindableKind
    external_id: Storable = Field(min_length=1, max_length=200)
    canonical_id: UUID


class Acceptance(BaseModel):
    """Some by name, or all whose one best suggestion has a score of at least this."""

    model_config = ConfigDict(extra="forbid")

    chosen: list[Chosen] = Field(default_factory=list, max_length=500)
    at_least: float | None = Field(default=None, ge=0.6, le=1)
    connection: Storable | None = Field(
        default=None, max_length=63, description="With at_least: only of this tracker."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.chosen) == (self.at_least is not None):
            raise ValueError("say either which are chosen, or at_least")
        return self


class Accepted(BaseModel):
    """What is bound now."""

    bound: list[Chosen]
