"""when trackers were last compared with an ERP's masters

Revision: 20261126_0034
Follows: 20261126_0033
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0034"
down_revision = "20261126_0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_plan",
        sa.Column("tracker", sa.String(), primary_key=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
    )
