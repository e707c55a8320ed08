"""Wire contract of the operations pages v1."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Verb(StrEnum):
    """What can be done with a connection."""

    PAUSE = "pause"
    DRAIN = "drain"
    RESUME = "resume"


class ConnectionRow(BaseModel):
    """One connection as a list shows it."""

    name: str
    connector: str
    capability: str
    capability_label: str = Field(examples=["Time tracker"])
    legal_entities: list[str]
    mode: str = Field(examples=["PAUSED"])
    circuit: str = Field(examples=["OPEN"])
    works: bool = Field(description="Everything goes through at this moment.")
    sentence: str = Field(
        description="Whether anything goes through, and if not, why and since when.",
        examples=["Paused by ivan since 2026-06-08 09:14 UTC: ERP upgrade."],
    )
    since: datetime | None = Field(description="When it was paused, or stopped working.")
    next_try_at: datetime | None
    offers: list[Verb] = Field(description="What makes sense now, and what the caller may do.")


class ConnectionRows(BaseModel):
    """All connections, by name."""

    connections: list[ConnectionRow]


class StepRow(BaseModel):
    """Something that happened, in a sentence."""

    at: datetime
    actor: str
    sentence: str = Field(examples=["Paused by ivan: ERP upgrade"])


class ConnectionPage(BaseModel):
    """One connection with its history."""

    connection: ConnectionRow
    history: list[StepRow] = Field(description="Latest first.")


class NewSwitch(BaseModel):
    """Why; it stands in the connection's history."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500, examples=["ERP upgrade until noon"])
