"""Whether the host's side of a course is over, by which a former host's province no longer has it in hand.

Of a row of before by its state; a designation to another province shows with the next entry of its delegation.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ROWS = 2_000
_OVER = frozenset({"refused", "transferred"})


def upgrade() -> None:
    """Add the column, and fill it from the course itself."""
    op.add_column("courses", sa.Column("host_done", sa.Boolean(), nullable=False, server_default=sa.false()))
    courses = sa.table("courses", sa.column("thread_id"), sa.column("course"), sa.column("host_done"))
    connection, after = op.get_bind(), ""
    while True:
        page = sa.select(courses.c.thread_id, courses.c.course).where(courses.c.thread_id > after)
        rows = connection.execute(page.order_by(courses.c.thread_id).limit(_ROWS)).all()
        done = [thread_id for thread_id, course in rows if json.loads(course)["state"] in _OVER]
        if done:
            connection.execute(sa.update(courses).where(courses.c.thread_id.in_(done)).values(host_done=sa.true()))
        if len(rows) < _ROWS:
            return
        after = rows[-1][0]
