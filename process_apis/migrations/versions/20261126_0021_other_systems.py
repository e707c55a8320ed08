"""records of HCM, CRM and directory beside the ERP's masters; readings of what changed

Revision: 20261126_0021
Follows: 20261126_0020
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0021"
down_revision = "20261126_0020"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("known_connection", sa.Column("hinted_at", _INSTANT))
    op.add_column("master_data_run", sa.Column("changed_since", _INSTANT))
    _create(
        "employee",
        [
            sa.Column("employee_number", sa.String()),
            sa.Column("number_key", sa.String()),
            sa.Column("email", sa.String()),
            sa.Column("email_key", sa.String()),
            sa.Column("employment", sa.String()),
            sa.Column("status", sa.String(), nullable=False),
            sa.Column("hire_date", sa.Date()),
            sa.Column("termination_date", sa.Date()),
        ],
    )
    op.create_index("ix_employee_email_key", "employee", ["email_key"])
    op.create_index("ix_employee_number_key", "employee", ["number_key"])
    _create(
        "org_unit",
        [
            sa.Column("code", sa.String()),
            sa.Column("unit_kind", sa.String()),
            sa.Column("parent_external_id", sa.String()),
            sa.Column("active", sa.Boolean(), nullable=False),
        ],
    )
    _create(
        "cost_centre",
        [
            sa.Column("code", sa.String(), nullable=False),
            sa.Column("parent_external_id", sa.String()),
            sa.Column("legal_entity", sa.String()),
            sa.Column("active", sa.Boolean(), nullable=False),
            sa.Column("valid_from", sa.Date()),
            sa.Column("valid_to", sa.Date()),
        ],
    )
    _create(
        "assignment",
        [
            sa.Column("worker_external_id", sa.String(), nullable=False),
            sa.Column("valid_from", sa.Date()),
            sa.Column("valid_to", sa.Date()),
            sa.Column("legal_entity", sa.String()),
            sa.Column("org_unit_external_id", sa.String()),
            sa.Column("org_unit_name", sa.String()),
            sa.Column("cost_centre_external_id", sa.String()),
            sa.Column("cost_centre_code", sa.String()),
            sa.Column("supervisor_external_id", sa.String()),
            sa.Column("job_title", sa.String()),
            sa.Column("grade", sa.String()),
            sa.Column("weekly_minutes", sa.Integer()),
        ],
    )
    op.create_index("assignment_worker", "assignment", ["owner_connection", "worker_external_id"])
    _create(
        "account",
        [
            sa.Column("code", sa.String()),
            sa.Column("parent_external_id", sa.String()),
            sa.Column("owner_name", sa.String()),
            sa.Column("owner_email", sa.String()),
            sa.Column("currency", sa.String()),
        ],
    )
    _create(
        "engagement",
        [
            sa.Column("code", sa.String()),
            sa.Column("account_external_id", sa.String()),
            sa.Column("status", sa.String(), nullable=False),
            sa.Column("stage", sa.String()),
            sa.Column("value", sa.Numeric()),
            sa.Column("currency", sa.String()),
            sa.Column("close_date", sa.Date()),
            sa.Column("start_date", sa.Date()),
            sa.Column("end_date", sa.Date()),
            sa.Column("po_number", sa.String()),
            sa.Column("owner_name", sa.String()),
            sa.Column("owner_email", sa.String()),
        ],
    )
    _create(
        "directory_user",
        [
            sa.Column("user_name", sa.String(), nullable=False),
            sa.Column("email", sa.String()),
            sa.Column("email_key", sa.String()),
            sa.Column("active", sa.Boolean(), nullable=False),
            sa.Column("employee_number", sa.String()),
            sa.Column("department", sa.String()),
            sa.Column("cost_centre", sa.String()),
            sa.Column("manager_external_id", sa.String()),
        ],
    )
    op.create_index("ix_directory_user_email_key", "directory_user", ["email_key"])
    _create(
        "directory_group",
        [
            sa.Column("members", JSONB(none_as_null=True)),
        ],
    )


def _create(name: str, columns: Sequence[sa.Column[Any]]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner_connection", sa.String(), nullable=False),
        sa.Column("owner_external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("vanished_at", _INSTANT),
        *columns,
        sa.UniqueConstraint("owner_connection", "owner_external_id"),
    )
