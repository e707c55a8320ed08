"""mappings, and the version that a posting was judged with

Revision: 20261126_0025
Follows: 20261126_0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0025"
down_revision = "20261126_0027"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "mapping_version",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tracker", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("requires", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("published_at", _INSTANT),
        sa.Column("published_by", sa.String()),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'PUBLISHED', 'SUPERSEDED')", name="mapping_version_state"
        ),
    )
    op.create_index(
        "mapping_version_number", "mapping_version", ["tracker", "target", "version"], unique=True
    )
    op.create_index(
        "mapping_version_published",
        "mapping_version",
        ["tracker", "target"],
        unique=True,
        postgresql_where=sa.text("state = 'PUBLISHED'"),
    )
    op.create_index("mapping_version_newest", "mapping_version", ["created_at", "id"])
    op.create_table(
        "mapping_rule",
        sa.Column("mapping_id", sa.Uuid(), primary_key=True),
        sa.Column("row", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("conditions", JSONB(none_as_null=True), nullable=False),
        sa.Column("target_task", sa.String()),
        sa.Column("billing_code", sa.String()),
        sa.Column("activity", sa.String()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
    )
    op.add_column("posting", sa.Column("mapping_id", sa.Uuid()))
    op.add_column("posting", sa.Column("mapping_version", sa.Integer()))
    op.add_column("posting", sa.Column("mapping_row", sa.Integer()))
    op.add_column("posting", sa.Column("billing_code", sa.String()))
    op.add_column("posting", sa.Column("activity", sa.String()))
