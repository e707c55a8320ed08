"""feedback that comes back as a change

Revision: 20261126_0011
Follows: 20261126_0010
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0011"
down_revision = "20261126_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feedback_item", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "feedback_item_told",
        "feedback_item",
        ["time_entry_id", "told_at"],
        unique=False,
        postgresql_where=sa.text("told_at IS NOT NULL"),
    )
    op.execute("ALTER TABLE feedback_item DROP CONSTRAINT feedback_item_state")
    # Validated afterwards, so that nobody waits for the scan.
    op.execute(
        "ALTER TABLE feedback_item ADD CONSTRAINT feedback_item_state CHECK (state IN"
        " ('PENDING', 'DELIVERED', 'UNSUPPORTED', 'FAILED', 'WITHHELD')) NOT VALID"
    )
    op.execute("ALTER TABLE feedback_item VALIDATE CONSTRAINT feedback_item_state")
