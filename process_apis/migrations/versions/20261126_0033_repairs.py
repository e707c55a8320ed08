"""copies that are brought in line with their owner

Revision: 20261126_0033
Follows: 20261126_0032
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0033"
down_revision = "20261126_0032"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def _list(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB(none_as_null=True), nullable=False, server_default="[]")


def upgrade() -> None:
    op.create_table(
        "master_repair",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner_connection", sa.String(), nullable=False),
        sa.Column("owner_external_id", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("seen", sa.String()),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("writes", sa.Integer(), nullable=False),
        sa.Column("since", _INSTANT),
        sa.Column("written_at", _INSTANT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message", sa.String()),
        sa.Column("released_by", sa.String()),
        _list("released_through"),
        sa.Column("released_reason", sa.String()),
        sa.Column("released_at", _INSTANT),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("listed_at", _INSTANT, nullable=False),
        sa.Column("lease_until", _INSTANT),
        sa.Column("lease_token", sa.Uuid()),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("connection", "kind", "external_id", "attribute"),
        sa.CheckConstraint(
            "state IN ('PENDING', 'DONE', 'OUTDATED', 'REFUSED', 'HELD', 'CONTESTED', 'OVER')",
            name="master_repair_state",
        ),
        sa.CheckConstraint("kind IN ('worker', 'client')", name="master_repair_kind"),
    )
    op.create_index(
        "master_repair_due",
        "master_repair",
        ["connection", "due_at"],
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index("master_repair_listed", "master_repair", ["connection", "id"])
    op.create_table(
        "repair_plan",
        sa.Column("connection", sa.String(), primary_key=True),
        sa.Column("tried_at", _INSTANT, nullable=False),
        sa.Column("planned_at", _INSTANT),
        _list("writable"),
        _list("lacking"),
    )
