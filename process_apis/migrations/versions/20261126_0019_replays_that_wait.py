"""lines of a replay that wait for another posting of their entry

Revision: 20261126_0019
Follows: 20261126_0018
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0019"
down_revision = "20261126_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "replay_job", sa.Column("waits", sa.Integer(), server_default="0", nullable=False)
    )
    op.drop_constraint("replay_line_outcome", "replay_line", type_="check")
    op.create_check_constraint(
        "replay_line_outcome",
        "replay_line",
        "outcome IN ('PENDING', 'SENT_ON', 'STILL_FAILS', 'WAITS', 'CHANGED', 'GONE')",
    )
