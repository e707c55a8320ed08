"""finds repairs that are not over, however many were made before

Revision: 20261126_0035
Follows: 20261126_0034
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0035"
down_revision = "20261126_0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "master_repair_open",
        "master_repair",
        ["connection"],
        postgresql_where=sa.text("state NOT IN ('DONE', 'OVER')"),
    )
