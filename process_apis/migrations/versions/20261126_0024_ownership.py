"""what owners agreed on, conflicts between them, pins and proposals

Revision: 20261126_0024
Follows: 20261126_0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0024"
down_revision = "20261126_0026"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "settled_value",
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("subject_id", sa.Uuid(), primary_key=True),
        sa.Column("attribute", sa.String(), primary_key=True),
        sa.Column("value", sa.String()),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("against", JSONB(none_as_null=True), nullable=False),
        sa.Column("decision_id", sa.Uuid()),
        sa.Column("settled_by", sa.String()),
        sa.Column("settled_at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "origin IN ('agreed', 'chosen', 'accepted')", name="settled_value_origin"
        ),
    )
    op.create_table(
        "ownership_conflict",
        *_about(),
        sa.Column("agreed", sa.String()),
        sa.Column("claims", JSONB(none_as_null=True), nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("resolved_at", _INSTANT),
        sa.Column("resolution", sa.String()),
        sa.Column("value", sa.String()),
        *_who("resolved"),
    )
    op.create_index(
        "ownership_conflict_open",
        "ownership_conflict",
        ["kind", "subject_id", "attribute"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index("ownership_conflict_newest", "ownership_conflict", ["opened_at", "id"])
    op.create_table(
        "attribute_pin",
        *_about(),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("pinned_at", _INSTANT, nullable=False),
        *_who("pinned"),
        sa.Column("released_at", _INSTANT),
        sa.Column("released_by", sa.String()),
        sa.Column("release_reason", sa.String()),
    )
    op.create_index(
        "attribute_pin_current",
        "attribute_pin",
        ["kind", "subject_id", "attribute"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index("attribute_pin_newest", "attribute_pin", ["pinned_at", "id"])
    op.create_table(
        "attribute_proposal",
        *_about(),
        sa.Column("source_connection", sa.String(), nullable=False),
        sa.Column("source_external_id", sa.String(), nullable=False),
        sa.Column("value", sa.String()),
        sa.Column("instead_of", sa.String()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("proposed_at", _INSTANT, nullable=False),
        sa.Column("decided_at", _INSTANT),
        *_who("decided"),
        sa.CheckConstraint(
            "status IN ('OPEN', 'ACCEPTED', 'REJECTED', 'WITHDRAWN', 'ADOPTED')",
            name="attribute_proposal_status",
        ),
    )
    op.create_index(
        "attribute_proposal_open",
        "attribute_proposal",
        ["kind", "subject_id", "attribute", "source_connection"],
        unique=True,
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_index("attribute_proposal_newest", "attribute_proposal", ["proposed_at", "id"])


def _about() -> list[sa.Column[object]]:
    """Which attribute of which record of which ERP."""
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
    ]


def _who(did: str) -> list[sa.Column[object]]:
    """Who did it, through which services, and why."""
    return [
        sa.Column(f"{did}_by", sa.String()),
        sa.Column("through", JSONB(none_as_null=True), nullable=False, server_default="[]"),
        sa.Column("reason", sa.String()),
    ]
