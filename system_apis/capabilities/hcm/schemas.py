"""Wire contract of `hcm` v1."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from shared.values import Minutes
from system_apis.capabilities.contract import Code, Contract, Email, ExternalId, Name
from system_apis.capabilities.master_lists import MasterAbilities, MasterPage

Domain = Literal["workers", "org-units", "cost-centres", "assignments"]


class HcmAbilities(MasterAbilities[Domain]):
    """What this HCM tells."""

    webhooks: bool
    dated_assignments: bool = Field(
        description="Assignments have a history; otherwise each worker has the present one, "
        "without dates."
    )


class WorkerKind(StrEnum):
    """On the payroll, or paid by invoice."""

    EMPLOYEE = "EMPLOYEE"
    CONTRACTOR = "CONTRACTOR"


class WorkerStatus(StrEnum):
    """Where the HCM says that the person stands. `INACTIVE` is no date of leaving."""

    ACTIVE = "ACTIVE"
    ON_LEAVE = "ON_LEAVE"
    INACTIVE = "INACTIVE"


class Worker(Contract):
    """A person, former ones too: their late hours still have to be understood."""

    external_id: ExternalId
    employee_number: Code | None = None
    name: Name
    email: Email | None = Field(default=None, description="At work.")
    kind: WorkerKind | None = Field(default=None, description="Null where it is not told.")
    status: WorkerStatus
    hire_date: date | None = None
    termination_date: date | None = Field(default=None, description="Last day, inclusive.")
    modified_at: AwareDatetime | None = None


class OrgUnit(Contract):
    """A department, division or team."""

    external_id: ExternalId
    code: Code | None = None
    name: Name
    kind: str | None = Field(default=None, max_length=100, description="In the product's words.")
    parent_id: ExternalId | None = None
    active: bool = True
    modified_at: AwareDatetime | None = None


class CostCentre(Contract):
    """What a worker's cost is booked on."""

    external_id: ExternalId
    code: Code
    name: Name
    parent_id: ExternalId | None = None
    legal_entity: Code | None = Field(default=None, description="As the product writes it.")
    active: bool = True
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="Inclusive.")
    modified_at: AwareDatetime | None = None


class Assignment(Contract):
    """Where a worker stood from one day to another.

    A product without history gives the present one with `valid_from` null: since when is not known.
    """

    external_id: ExternalId
    worker_id: ExternalId
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="Inclusive; null while it lasts.")
    legal_entity: Name | None = Field(default=None, description="As the product writes it.")
    org_unit_id: ExternalId | None = Field(default=None, description="One of the org units.")
    org_unit_name: Name | None = Field(
        default=None, description="Where the product has no list of them, only names."
    )
    cost_centre_id: ExternalId | None = Field(default=None, description="One of the cost centres.")
    cost_centre_code: Code | None = Field(
        default=None, description="Where the product has no list of them, only codes."
    )
    supervisor_id: ExternalId | None = Field(default=None, description="A worker.")
    job_title: Name | None = None
    grade: Code | None = None
    weekly_minutes: Minutes | None = None
    modified_at: AwareDatetime | None = None


class WorkerPage(MasterPage):
    items: list[Worker]


class OrgUnitPage(MasterPage):
    items: list[OrgUnit]


class CostCentrePage(MasterPage):
    items: list[CostCentre]


class AssignmentPage(MasterPage):
    items: list[Assignment]
