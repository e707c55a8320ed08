"""attempts before a person took a posting up again

Revision: 20261126_0007
Follows: 20261126_0006
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0007"
down_revision = "20261126_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "posting", sa.Column("attempts_before", sa.Integer(), server_default="0", nullable=False)
    )
