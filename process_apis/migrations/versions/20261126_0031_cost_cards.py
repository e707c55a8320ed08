"""which row of which cost card postings were predicted by

Revision: 20261126_0031
Follows: 20261126_0030
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0031"
down_revision = "20261126_0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posting", sa.Column("cost_card", sa.Uuid()))
    op.add_column("posting", sa.Column("cost_row", sa.Integer()))
