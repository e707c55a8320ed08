"""what woke a posting, in words

Revision: 20261126_0013
Follows: 20261126_0012
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0013"
down_revision = "20261126_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posting", sa.Column("woken_by", sa.String(), nullable=True))
