"""Options of a SCIM connection (`[connections.options]`)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ScimSettings(BaseModel):
    """How to reach the service, and what of it to believe."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="Up to what comes before /Users.",
        examples=["https://directory.example.com/scim/v2"],
    )
    token: SecretStr = Field(description="Bearer token that may read users and groups.")
    delta: bool = Field(
        default=True,
        description="The service heeds a filter by meta.lastModified; `timepost connections check` "
        "tells. Without it every question is answered with everything.",
    )
    sort_by: Literal["id", "userName", "meta.created", "none"] = Field(
        default="id",
        description="Order of the pages. Services that cannot sort take `none`; then it is only "
        "luck when a scan does not have to be repeated.",
    )
    page_size: int = Field(default=100, ge=2, le=1000, description="Users in one request.")
    look_back_seconds: int = Field(
        default=120,
        ge=0,
        le=3600,
        description="How much earlier than asked changes are looked for: for clocks that differ.",
    )
    users_without_number: bool = Field(
        default=False,
        description="Users without employeeNumber are workers as well (hcm). Mostly they are "
        "accounts of machines.",
    )
    legal_entity_from: Literal["organization", "division", "none"] = Field(
        default="organization", description="Attribute that names the worker's company (hcm)."
    )
    contractor_types: list[str] = Field(
        default=["Contractor", "External"],
        description="Values of userType that mean somebody who is paid by invoice (hcm).",
    )
    employee_types: list[str] = Field(
        default=["Employee"], description="Values of userType that mean an employee (hcm)."
    )
