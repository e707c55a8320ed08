"""readings of masters: staged first, compared, stopped when too much would vanish

Revision: 20261126_0018
Follows: 20261126_0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0018"
down_revision = "20261126_0017"
branch_labels = None
depends_on = None

_COUNTS = ("created", "vanished", "refused", "applied")
_STATUS = "master_data_run_status"
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in _COUNTS:
        column = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("master_data_run", column)
    op.add_column(
        "master_data_run",
        sa.Column("dry_run", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    for name in ("compared_at", "confirmed_at"):
        op.add_column("master_data_run", sa.Column(name, _INSTANT))
    for name in ("stopped_because", "vanished_digest", "confirmed_by", "confirmed_reason"):
        op.add_column("master_data_run", sa.Column(name, sa.String()))
    op.add_column(
        "master_data_run",
        sa.Column("confirmed_through", JSONB(), nullable=False, server_default="[]"),
    )
    op.drop_constraint(_STATUS, "master_data_run", type_="check")
    op.create_check_constraint(
        _STATUS,
        "master_data_run",
        "status IN ('RUNNING', 'DONE', 'FAILED', 'STOPPED', 'SUPERSEDED')",
    )
    op.create_table(
        "master_data_staged",
        sa.Column("run_id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("fault", sa.String()),
    )
    op.create_index(
        "master_data_staged_ids", "master_data_staged", ["run_id", "kind", "external_id"]
    )
    op.create_table(
        "master_data_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("attributes", JSONB(), nullable=False),
        sa.Column("row", sa.Integer()),
        sa.Column("reason", sa.String()),
        sa.Column("applied_at", _INSTANT),
        sa.CheckConstraint(
            "change IN ('created', 'changed', 'vanished', 'refused')",
            name="master_data_change_kind",
        ),
    )
    op.create_index("master_data_change_run", "master_data_change", ["run_id", "id"])
    op.create_index(
        "master_data_change_due",
        "master_data_change",
        ["run_id", "kind", "id"],
        postgresql_where=sa.text("applied_at IS NULL AND change <> 'refused'"),
    )
