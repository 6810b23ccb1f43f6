"""The archive of closed paper cases of earlier years, and papers that came back from an e-seal program."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "old_cases",
        sa.Column("old_case_id", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("number_digest", sa.LargeBinary(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("our_role", sa.String(), nullable=False),
        sa.Column("year", sa.String(), nullable=False),
        sa.Column("place_in_list", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("old_case_id"),
    )
    op.create_index("old_cases_by_number", "old_cases", ["unit", "number_digest"], unique=False)
    op.create_index("old_cases_listed", "old_cases", ["unit", "place_in_list"], unique=False)
    op.create_table(
        "sealed_papers",
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("unsealed_digest", sa.LargeBinary(), nullable=False),
        sa.Column("unsealed_size", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_by", sa.String(), nullable=False),
        sa.Column("sealed_for", sa.String(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "unit", "code", "sequence"),
    )
