"""rates of exchange

Revision: 20261126_0023
Follows: 20261126_0022
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0023"
down_revision = "20261126_0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fx_rate",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('spot', 'month_average', 'corporate')", name="fx_rate_kind"),
    )
    op.create_index(
        "fx_rate_current",
        "fx_rate",
        ["kind", "base", "quote", "day"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
