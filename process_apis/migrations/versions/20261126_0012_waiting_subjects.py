"""an index for the waiting hints about a subject

Revision: 20261126_0012
Follows: 20261126_0011
"""

from alembic import op
from sqlalchemy import text

revision = "20261126_0012"
down_revision = "20261126_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("inbox_event_due", table_name="inbox_event")
    op.create_index(
        "inbox_event_due",
        "inbox_event",
        ["connection", "kind", "id"],
        postgresql_where=text("status IN ('PENDING', 'CLAIMED')"),
    )
    op.create_index(
        "inbox_event_subject",
        "inbox_event",
        ["connection", "kind", "subject"],
        postgresql_where=text("status <> 'DONE'"),
    )


def downgrade() -> None:
    op.drop_index("inbox_event_subject", table_name="inbox_event")
    op.drop_index("inbox_event_due", table_name="inbox_event")
    op.create_index(
        "inbox_event_due",
        "inbox_event",
        ["connection", "kind", "id"],
        postgresql_where=text("status <> 'DONE'"),
    )
