"""names that trackers were told of a record since they last answered

Revision: 20261126_0032
Follows: 20261126_0031
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0032"
down_revision = "20261126_0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "master_push",
        sa.Column("told_names", sa.ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )
    op.alter_column("master_push", "told_names", server_default=None)
