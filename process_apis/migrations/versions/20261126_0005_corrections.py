"""states and columns of corrections, periods and waivers

Revision: 20261126_0005
Follows: 20261123_0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261126_0005"
down_revision = "20261123_0004"
branch_labels = None
depends_on = None

_POSTING_STATES = (
    "state IN ('RECEIVED', 'READY', 'PARKED', 'BLOCKED', 'ON_HOLD', 'SENDING', 'IN_DOUBT',"
    " 'POSTED', 'MISPOSTED', 'REVERSAL_PENDING', 'REVERSED', 'DEAD_LETTER', 'SUPERSEDED',"
    " 'WAIVED')"
)
_CASE_STATES = (
    "state IN ('OPEN', 'ASSIGNED', 'IN_PROGRESS', 'WAITING', 'PENDING_APPROVAL',"
    " 'RESOLVED_AUTO', 'RESOLVED_MANUAL', 'ACCEPTED', 'REOPENED')"
)
_OWNERS = (
    "owner IN ('consultant', 'project.manager', 'finance.analyst', 'finance.controller',"
    " 'billing.analyst', 'data.steward', 'integration.operator')"
)
_MAY_STAND_IN_ERP = (
    "state IN ('READY', 'ON_HOLD', 'SENDING', 'IN_DOUBT', 'POSTED', 'MISPOSTED',"
    " 'REVERSAL_PENDING')"
)
_IS_OPEN = (
    "state IN ('RECEIVED', 'READY', 'PARKED', 'BLOCKED', 'ON_HOLD', 'SENDING', 'IN_DOUBT',"
    " 'MISPOSTED', 'DEAD_LETTER')"
)


def upgrade() -> None:
    _columns()
    for table, name, condition in (
        ("posting", "posting_state", _POSTING_STATES),
        ("exception_case", "exception_case_state", _CASE_STATES),
        ("exception_case", "exception_case_owner", _OWNERS),
    ):
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, condition)
    op.create_check_constraint(
        "posting_operation", "posting", "operation IN ('post', 'delete', 'update', 'none')"
    )
    _indexes()


def _columns() -> None:
    for column in (
        sa.Column("round", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("correction_group", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("serves_version", sa.Integer(), nullable=True),
        sa.Column("operation", sa.String(), nullable=False, server_default="post"),
        sa.Column("target_line", sa.String(), nullable=True),
        sa.Column("decision", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("legal_entity", sa.String(), nullable=True),
        sa.Column("accounting_date", sa.Date(), nullable=True),
        sa.Column("prior_period", sa.Boolean(), nullable=False, server_default="false"),
    ):
        op.add_column("posting", column)
    op.add_column(
        "exception_case", sa.Column("waiver", postgresql.JSONB(none_as_null=True), nullable=True)
    )


def _indexes() -> None:
    op.drop_index("posting_one_live", table_name="posting")
    op.create_index(
        "posting_one_live",
        "posting",
        ["time_entry_id", "leg"],
        unique=True,
        postgresql_where=sa.text(f"kind <> 'REVERSAL' AND {_MAY_STAND_IN_ERP}"),
    )
    op.create_index(
        "posting_one_reversal",
        "posting",
        ["time_entry_id", "leg"],
        unique=True,
        postgresql_where=sa.text(f"kind = 'REVERSAL' AND {_IS_OPEN}"),
    )
    op.drop_index("posting_row_once", table_name="posting")
    op.create_index(
        "posting_row_once",
        "posting",
        ["time_entry_id", "version", "leg", "kind", "round"],
        unique=True,
    )
    op.create_index(
        "posting_correction",
        "posting",
        ["correction_group"],
        postgresql_where=sa.text("correction_group IS NOT NULL"),
    )
    op.create_index(
        "posting_to_take_back",
        "posting",
        ["target_connection", "due_at"],
        postgresql_where=sa.text("kind = 'REVERSAL' AND state = 'RECEIVED'"),
    )
