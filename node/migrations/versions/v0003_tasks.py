"""What waits for a unit, and indexes for what waits in drafts, prepared moves and alarms; filled at the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table, and find what waits by its state: most rows of a unit are done with."""
    op.create_table(
        "tasks",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=False),
        sa.Column("other_unit", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "thread_id", "code", "subject"),
    )
    op.drop_index(op.f("ix_drafts_unit"), "drafts")
    op.create_index("drafts_by_state", "drafts", ["unit", "state"], unique=False)
    op.drop_index(op.f("ix_moves_unit"), "moves")
    op.create_index("moves_by_state", "moves", ["unit", "state"], unique=False)
    op.create_index(op.f("ix_alarms_acknowledged_by"), "alarms", ["acknowledged_by"], unique=False)
