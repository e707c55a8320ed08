"""contract terms, and what postings are charged under them

Revision: 20261126_0027
Follows: 20261126_0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_0027"
down_revision = "20261126_0023"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_JSON = JSONB(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "contract_terms",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("projects", _JSON, nullable=False),
        sa.Column("client", sa.String()),
        sa.Column("legal_entity", sa.String()),
        sa.Column("engagement", sa.String()),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("limit_measure", sa.String()),
        sa.Column("limit_size", sa.Numeric()),
        sa.Column("limit_per", sa.String()),
        sa.Column("beyond", sa.String()),
        sa.Column("beyond_rate", sa.Numeric()),
        sa.Column("rounding", _JSON, nullable=False),
        sa.Column("tie", sa.String(), nullable=False),
        sa.Column("flag_by_contract", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("published_at", _INSTANT),
        sa.Column("published_by", sa.String()),
        sa.CheckConstraint("state IN ('DRAFT', 'PUBLISHED')", name="contract_terms_state"),
        sa.CheckConstraint(
            "type IN ('TIME_AND_MATERIAL', 'FIXED_FEE', 'RETAINER', 'NO_CHARGE', 'NON_BILLABLE')",
            name="contract_terms_type",
        ),
    )
    op.create_index(
        "contract_terms_version", "contract_terms", ["contract", "version"], unique=True
    )
    op.create_index("contract_terms_newest", "contract_terms", ["created_at", "id"])
    op.create_index(
        "contract_terms_published",
        "contract_terms",
        ["state"],
        postgresql_where=sa.text("state = 'PUBLISHED'"),
    )
    op.add_column("posting", sa.Column("charge", _JSON))
    op.add_column("posting", sa.Column("limit_key", sa.String()))
    op.add_column("posting", sa.Column("consumed", sa.Numeric()))
    op.add_column("posting", sa.Column("held", sa.Numeric()))
    for name, what, where in (
        ("posting_limit", "limit_key", "limit_key IS NOT NULL"),
        ("posting_held", "limit_key", "held IS NOT NULL"),
        ("posting_contract", sa.text("(charge ->> 'contract')"), "charge IS NOT NULL"),
    ):
        op.create_index(name, "posting", [what], postgresql_where=sa.text(where))
