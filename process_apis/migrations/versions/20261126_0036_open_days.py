"""days whose charges have to be made up again, because one of their entries was taken back

Revision: 20261126_0036
Follows: 20261126_0035
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0036"
down_revision = "20261126_0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "posting",
        sa.Column("day_open", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.create_index("posting_day_open", "posting", ["id"], postgresql_where=sa.text("day_open"))
