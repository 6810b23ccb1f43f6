"""A number for every change of a thread, by which lists are ordered and others read on; indexes for lists; filters."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_LISTED = (
    "change_number", "is_open", "state", "turn", "matter", "home_unit", "host_unit", "next_due", "changed_at",
    "thread_id",
)  # fmt: skip
_NUMBERED = """
UPDATE threads SET change_number = numbered.number FROM (
    SELECT thread_id, ROW_NUMBER() OVER (ORDER BY changed_at, thread_id) AS number FROM threads
) AS numbered WHERE numbered.thread_id = threads.thread_id
"""


def upgrade() -> None:
    """Number what is there in the order of its changes; the index by number takes the place of the one by time."""
    op.add_column("threads", sa.Column("change_number", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(_NUMBERED)
    op.drop_index(op.f("ix_threads_changed_at"), "threads")
    op.create_index("threads_listed", "threads", list(_LISTED), unique=False)
    columns = ["thread_id", "subject", "other_unit"]
    op.create_index("tasks_by_code", "tasks", ["unit", "code", "due", *columns], unique=False)
    op.create_index(
        "tasks_by_due", "tasks", ["unit", "due", "thread_id", "subject", "code", "other_unit"], unique=False
    )
    op.create_table(
        "preferences",
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id"),
    )
