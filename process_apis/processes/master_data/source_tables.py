"""Records of HCM, CRM and directory, as those systems have them.

They stand beside the ERP's masters, which are what hours are posted to: who of them is the same
is a question of natural keys, and is answered where it is asked.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from process_apis.database import Json
from process_apis.processes.master_data.tables import MasterRecord, natural_key


class Employee(MasterRecord, table=True):
    """A worker as the HCM has them. `status` is where they stand, and no date of leaving."""

    __tablename__ = "employee"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    employee_number: str | None = None
    number_key: str | None = natural_key()
    email: str | None = None
    email_key: str | None = natural_key()
    employment: str | None = Field(default=None, description="EMPLOYEE or CONTRACTOR.")
    status: str
    hire_date: date | None = None
    termination_date: date | None = Field(default=None, description="Last day, inclusive.")


class OrgUnit(MasterRecord, table=True):
    """A department, division or team."""

    __tablename__ = "org_unit"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    code: str | None = None
    unit_kind: str | None = None
    parent_external_id: str | None = None
    active: bool


class CostCentre(MasterRecord, table=True):
    """What a worker's cost is booked on."""

    __tablename__ = "cost_centre"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    code: str
    parent_external_id: str | None = None
    legal_entity: str | None = Field(default=None, description="As the product writes it.")
    active: bool
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="Inclusive.")


class Assignment(MasterRecord, table=True):
    """Where a worker stood from one day to another; no two of one worker overlap."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("owner_connection", "owner_external_id"),
        Index("assignment_worker", "owner_connection", "worker_external_id"),
    )

    worker_external_id: str
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="Inclusive; null while it lasts.")
    legal_entity: str | None = Field(default=None, description="As the product writes it.")
    org_unit_external_id: str | None = None
    org_unit_name: str | None = None
    cost_centre_external_id: str | None = None
    cost_centre_code: str | None = None
    supervisor_external_id: str | None = None
    job_title: str | None = None
    grade: str | None = None
    weekly_minutes: int | None = None


class Account(MasterRecord, table=True):
    """A client in the CRM, or somebody who may become one."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    code: str | None = None
    parent_external_id: str | None = None
    owner_name: str | None = Field(default=None, description="Who looks after it.")
    owner_email: str | None = None
    currency: str | None = None


class Engagement(MasterRecord, table=True):
    """A deal, opportunity or statement of work; only what is `WON` is worked on."""

    __tablename__ = "engagement"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    code: str | None = None
    account_external_id: str | None = None
    status: str
    stage: str | None = None
    value: Decimal | None = Field(default=None, sa_type=Numeric)
    currency: str | None = None
    close_date: date | None = None
    start_date: date | None = None
    end_date: date | None = Field(default=None, description="Inclusive.")
    po_number: str | None = None
    owner_name: str | None = None
    owner_email: str | None = None


class DirectoryUser(MasterRecord, table=True):
    """An account to sign in with; `active` says whether it may, and is no date of leaving."""

    __tablename__ = "directory_user"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    user_name: str
    email: str | None = None
    email_key: str | None = natural_key()
    active: bool
    employee_number: str | None = None
    department: str | None = None
    cost_centre: str | None = None
    manager_external_id: str | None = None


class DirectoryGroup(MasterRecord, table=True):
    """A group with its direct members: `kind` (user or group) and `external_id` of each."""

    __tablename__ = "directory_group"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    members: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column(Json), description="Null where the product does not tell."
    )
