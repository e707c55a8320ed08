"""lanes of postings, and the rate of connections

Revision: 20261126_0017
Follows: 20261126_0016
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0017"
down_revision = "20261126_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "posting", sa.Column("lane", sa.SmallInteger(), server_default="2", nullable=False)
    )
    op.create_index(
        "posting_by_lane",
        "posting",
        ["target_connection", "lane", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'READY'"),
    )
    # Nothing looks for the oldest of all lanes any more.
    op.drop_index("posting_to_send", table_name="posting")
    op.add_column(
        "connection_gate", sa.Column("used_until", sa.DateTime(timezone=True), nullable=True)
    )
