"""Canonical master records and bindings.

`owner_connection` and `owner_external_id` name the system of record that a row was read from;
every external id, the owner's included, reaches the row through a binding.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, one_of


class MasterKind(StrEnum):
    """Kinds of master records: first those of ERPs, then those of HCM, CRM and directories."""

    LEGAL_ENTITY = "legal_entity"
    WORKER = "worker"
    CLIENT = "client"
    PROJECT = "project"
    TASK = "task"
    PERIOD = "period"
    EMPLOYEE = "employee"
    ORG_UNIT = "org_unit"
    COST_CENTRE = "cost_centre"
    ASSIGNMENT = "assignment"
    ACCOUNT = "account"
    ENGAGEMENT = "engagement"
    USER = "user"
    GROUP = "group"


# Those that an external id may stand for.
BOUND = (
    MasterKind.LEGAL_ENTITY,
    MasterKind.WORKER,
    MasterKind.CLIENT,
    MasterKind.PROJECT,
    MasterKind.TASK,
    MasterKind.PERIOD,
)


class MasterRecord(SQLModel):
    """Columns that every master record has."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    owner_connection: str
    owner_external_id: str
    name: str
    updated_at: datetime = Field(sa_type=Instant)
    vanished_at: datetime | None = Field(
        default=None, sa_type=Instant, description="Absent from a complete read of the owner."
    )


def natural_key() -> Any:
    """A column with a key as it is compared: see `rules.normalised`. PostgreSQL's own `lower`
    knows neither "ß" nor, in some locales, umlauts.
    """
    return Field(default=None, index=True)


class LegalEntity(MasterRecord, table=True):
    """A company that keeps books."""

    __tablename__ = "legal_entity"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    code: str
    currency: str
    timezone: str | None = None


class Worker(MasterRecord, table=True):
    """Somebody who works: employee or contractor."""

    __tablename__ = "worker"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    legal_entity_external_id: str
    employee_number: str | None = None
    number_key: str | None = natural_key()
    email: str | None = None
    email_key: str | None = natural_key()
    hire_date: date | None = None
    termination_date: date | None = None


class Client(MasterRecord, table=True):
    """A customer."""

    __tablename__ = "client"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    code: str | None = None


class Project(MasterRecord, table=True):
    """What clients are billed for."""

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("owner_connection", "owner_external_id"),)

    legal_entity_external_id: str
    client_external_id: str | None = None
    code: str | None = None
    code_key: str | None = natural_key()
    name_key: str | None = natural_key()
    status: str
    bookable: bool
    start_date: date | None = None
    end_date: date | None = None


class Task(MasterRecord, table=True):
    """A part of a project."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("owner_connection", "owner_external_id"),
        Index("task_project", "owner_connection", "project_external_id"),
    )

    project_external_id: str
    code: str | None = None
    status: str
    bookable: bool
    start_date: date | None = None
    end_date: date | None = None


class AccountingPeriod(MasterRecord, table=True):
    """A period of a legal entity's ledger; `end_date` is its last day."""

    __tablename__ = "accounting_period"
    __table_args__ = (
        UniqueConstraint("owner_connection", "owner_external_id"),
        Index("accounting_period_days", "owner_connection", "start_date", "end_date"),
    )

    legal_entity_external_id: str
    start_date: date
    end_date: date
    status: str


class BindingOrigin(StrEnum):
    """How a binding came to be; `pushed`: Timepost made the tracker's record itself."""

    OWNER = "owner"
    PUSHED = "pushed"
    NATURAL_KEY = "natural_key"
    MANUAL = "manual"


class Binding(SQLModel, table=True):
    """External id at a connection -> canonical record, for a span of work dates.

    Correcting one archives it and adds another, so that it stays visible which binding an old
    posting was made with. Those of one id that are not archived never overlap.
    """

    __tablename__ = "binding"
    __table_args__ = (
        one_of("kind", BOUND, "binding_kind"),
        one_of("origin", BindingOrigin, "binding_origin"),
        Index(
            "binding_current",
            "connection",
            "kind",
            "external_id",
            text("coalesce(valid_from, '-infinity'::date)"),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
        Index("binding_canonical", "canonical_id", "connection"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str
    kind: str
    external_id: str
    canonical_id: UUID
    origin: str
    valid_from: date | None = None
    valid_to: date | None = None
    created_at: datetime = Field(sa_type=Instant)
    created_by: str
    archived_at: datetime | None = Field(default=None, sa_type=Instant)
