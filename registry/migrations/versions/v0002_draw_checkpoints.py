"""The first checkpoint that covers each commitment of a draw."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "draw_checkpoint",
        sa.Column("leaf_index", _BIG, autoincrement=False, nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index"),
    )
    op.create_index("ix_draw_checkpoint_draw", "draw_checkpoint", ["thread_id", "leg", "draw"], unique=False)
