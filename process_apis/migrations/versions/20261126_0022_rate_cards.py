"""rate cards

Revision: 20261126_0022
Follows: 20261126_0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0022"
down_revision = "20261126_0021"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rate_card",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("multipliers", JSONB(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("published_at", _INSTANT),
        sa.Column("published_by", sa.String()),
        sa.CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'SUPERSEDED')", name="rate_card_state"),
        sa.CheckConstraint("side IN ('BILL', 'COST')", name="rate_card_side"),
    )
    op.create_index("rate_card_version", "rate_card", ["code", "version"], unique=True)
    op.create_index(
        "rate_card_published",
        "rate_card",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state = 'PUBLISHED'"),
    )
    op.create_index("rate_card_newest", "rate_card", ["created_at", "id"])
    op.create_table(
        "rate_card_line",
        sa.Column("card_id", sa.Uuid(), primary_key=True),
        sa.Column("row", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("names", JSONB(none_as_null=True), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("gap_allowed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("unit IN ('hour', 'day')", name="rate_card_line_unit"),
    )
