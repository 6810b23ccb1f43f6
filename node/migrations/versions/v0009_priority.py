"""Where a thing stands among those that are due: its day less what its priority gives it (`delegation.urgency`).

Rows of `tasks` are written anew at the next start, since the rules that they are written by have another number.
"""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
_BONUS = {2: 2, 3: 5}  # 优先, 绿色通道: days from Monday to Friday
_SATURDAY = 5
_AT_ONCE = 1_000
_LISTED = ["unit", "code", "rank_day", "thread_id", "subject", "due", "other_unit"]
_DUE = ["unit", "rank_day", "thread_id", "subject", "code", "due", "other_unit"]


def _rank_day(due: str, priority: int) -> str:
    """As `delegation.urgency.rank_day` was when this was written."""
    day = date.fromisoformat(due)
    for _ in range(_BONUS.get(priority, 0)):
        day -= timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
    return day.isoformat()


def upgrade() -> None:
    """Add the columns, fill that of the threads, and let the indexes of ordered lists go by them."""
    for table in ("threads", "tasks"):
        op.add_column(table, sa.Column("rank_day", sa.String(), nullable=False, server_default=""))
    threads = sa.table(
        "threads",
        sa.column("thread_id", sa.String()),
        sa.column("next_due", sa.String()),
        sa.column("priority", sa.Integer()),
        sa.column("rank_day", sa.String()),
    )
    connection = op.get_bind()
    connection.execute(threads.update().values(rank_day=threads.c.next_due))
    ahead = sa.select(threads.c.thread_id, threads.c.next_due, threads.c.priority).where(
        threads.c.priority.in_(list(_BONUS)), threads.c.next_due != ""
    )
    rows = [
        {"of": thread_id, "day": _rank_day(due, priority)} for thread_id, due, priority in connection.execute(ahead)
    ]
    put = threads.update().where(threads.c.thread_id == sa.bindparam("of")).values(rank_day=sa.bindparam("day"))
    for first in range(0, len(rows), _AT_ONCE):
        connection.execute(put, rows[first : first + _AT_ONCE])
    op.create_index(op.f("ix_threads_rank_day"), "threads", ["rank_day"], unique=False)
    for name in ("tasks_by_code", "tasks_by_due"):
        op.drop_index(name, "tasks")
    op.create_index("tasks_by_code", "tasks", _LISTED, unique=False)
    op.create_index("tasks_by_due", "tasks", _DUE, unique=False)
