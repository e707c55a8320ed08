"""entries that some of several approvers have agreed to

Revision: 20261126_0010
Follows: 20261126_0009
"""

from alembic import op

revision = "20261126_0010"
down_revision = "20261126_0009"
branch_labels = None
depends_on = None

_STATES = (
    "DRAFT", "SUBMITTED", "PARTIALLY_APPROVED", "APPROVED", "REJECTED", "REOPENED", "DELETED",
)  # fmt: skip


def upgrade() -> None:
    op.execute("ALTER TABLE time_entry DROP CONSTRAINT time_entry_state")
    # Validated afterwards, so that nobody waits for the scan.
    op.execute(
        "ALTER TABLE time_entry ADD CONSTRAINT time_entry_state"
        f" CHECK (state IN {_STATES}) NOT VALID"
    )
    op.execute(
        "ALTER TABLE time_entry ADD CONSTRAINT time_entry_approved_once CHECK ("
        "CASE state WHEN 'DRAFT' THEN approved_version IS NULL"
        " WHEN 'REOPENED' THEN approved_version IS NOT NULL"
        " WHEN 'APPROVED' THEN approved_version IS NOT NULL ELSE true END) NOT VALID"
    )
    for name in ("time_entry_state", "time_entry_approved_once"):
        op.execute(f"ALTER TABLE time_entry VALIDATE CONSTRAINT {name}")
