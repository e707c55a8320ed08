"""The wake-up queue's tables

Revision: 20261123_0002
Follows: 20261123_0001

The schema is the library's own, at its pinned version. When that version changes, its migration
scripts become a migration of ours.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "20261123_0002"
down_revision = "20261123_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # As one string without parameters: the driver then sends all of its statements at once.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(SchemaManager.get_schema())
