"""a line that is rewritten stands once

Revision: 20261126_0016
Follows: 20261126_0015
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0016"
down_revision = "20261126_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("posting_one_live", table_name="posting")
    op.create_index(
        "posting_one_live",
        "posting",
        ["time_entry_id", "leg"],
        unique=True,
        postgresql_where=sa.text(
            "kind <> 'REVERSAL' AND (state IN ('POSTED', 'MISPOSTED', 'REVERSAL_PENDING')"
            " OR (operation <> 'update' AND state IN ('READY', 'ON_HOLD', 'SENDING', 'IN_DOUBT')))"
        ),
    )
