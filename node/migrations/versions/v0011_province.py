"""A provincial office's copy of headers and entries, and its courses: one row a delegation."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "watched",
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("leaf", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("signatures", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "leaf"),
    )
    op.create_index("watched_by_leaf", "watched", ["leaf"], unique=False)
    op.create_index("watched_by_reason", "watched", ["reason", "leaf"], unique=False)
    op.create_table(
        "courses",
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("course", sa.LargeBinary(), nullable=False),
        sa.Column("entry_digest", sa.LargeBinary(), nullable=False),
        sa.Column("provinces", sa.String(), nullable=False),
        sa.Column("home_unit", sa.String(), nullable=False),
        sa.Column("host_unit", sa.String(), nullable=False),
        sa.Column("matter", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("changed_day", sa.Integer(), nullable=False),
        sa.Column("due_day", sa.Integer(), nullable=False),
        sa.Column("due_unit", sa.String(), nullable=False),
        sa.Column("issued_day", sa.Integer(), nullable=False),
        sa.Column("leg_day", sa.Integer(), nullable=False),
        sa.Column("accepted_day", sa.Integer(), nullable=False),
        sa.Column("issued_flags", sa.Integer(), nullable=False),
        sa.Column("reused", sa.Integer(), nullable=False),
        sa.Column("draw_defaults", sa.Integer(), nullable=False),
        sa.Column("sign_days", sa.Integer(), nullable=False),
        sa.Column("decide_days", sa.Integer(), nullable=False),
        sa.Column("assign_days", sa.Integer(), nullable=False),
        sa.Column("result_day", sa.Integer(), nullable=False),
        sa.Column("result_flags", sa.Integer(), nullable=False),
        sa.Column("work_days", sa.Integer(), nullable=False),
        sa.Column("result_days", sa.Integer(), nullable=False),
        sa.Column("ended_day", sa.Integer(), nullable=False),
        sa.Column("ended_flags", sa.Integer(), nullable=False),
        sa.Column("completed_day", sa.Integer(), nullable=False),
        sa.Column("check_days", sa.Integer(), nullable=False),
        sa.Column("whole_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("thread_id"),
    )
    op.create_index("courses_by_change", "courses", ["change"], unique=False)
