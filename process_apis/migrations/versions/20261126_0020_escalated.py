"""cases that waited for too long

Revision: 20261126_0020
Follows: 20261126_0019
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0020"
down_revision = "20261126_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "exception_case", sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "exception_case_waiting",
        "exception_case",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text(
            "resolved_at IS NULL AND escalated_at IS NULL AND state = 'WAITING'"
        ),
    )
