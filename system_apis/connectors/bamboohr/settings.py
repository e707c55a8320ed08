"""Options of a BambooHR connection (`[connections.options]`)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class BambooHrSettings(BaseModel):
    """How to reach the company's account, and how to read it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        pattern=r"^https?://[^\s?#/]+$",
        description="The company's own address.",
        examples=["https://yourfirm.bamboohr.com"],
    )
    api_key: SecretStr = Field(
        description="Of a user who may read names, numbers, work e-mail, employment and job of "
        "everybody, former employees included."
    )
    webhook_keys: list[SecretStr] = Field(
        default_factory=list,
        description="Private key of each webhook that delivers here; BambooHR shows it once.",
    )
    legal_entity_from: Literal["division", "location", "none"] = Field(
        default="division", description="Column of the job history that names the company."
    )
    contractor_statuses: list[str] = Field(
        default=["Contractor"],
        description="Employment statuses that mean somebody who is paid by invoice.",
    )
    look_back_seconds: int = Field(
        default=120,
        ge=0,
        le=3600,
        description="How much earlier than asked changes are looked for: for clocks that differ.",
    )
    keep_history_seconds: int = Field(
        default=300,
        ge=0,
        le=3600,
        description="How long a whole job history is kept for the pages of one listing: BambooHR "
        "gives it in one answer only.",
    )
