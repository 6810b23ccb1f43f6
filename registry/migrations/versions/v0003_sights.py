"""Which provinces see a thread, filled for those that are there; a thread's route; indexes of evidence and parked."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = 2**62
_PAGE = 500
# Places in a thread's stored array, the same in every version of it so far.
_HOME, _HOST, _PROVINCES, _LETTER, _FORMER_HOSTS, _FORMER_HOMES = 5, 6, 7, 18, 27, 28
_ON_PAPER = 10  # in the letter

_THREAD = sa.table("thread", *map(sa.column, ("thread_id", "data", "on_paper", "changed_at")))
_ANSWER = sa.table("envelope_answer", *map(sa.column, ("thread_id", "sequence", "leaf_index", "accepted", "at")))
_SIGHT = sa.table(
    "sight",
    *map(
        sa.column,
        (
            "province",
            "thread_id",
            "since_leaf",
            "late",
            "until_leaf",
            "left_home",
            "left_host",
            "left_state",
            "left_paper",
            "left_changed_at",
            "left_reported_at",
            "left_data",
        ),
    ),
)


def upgrade() -> None:
    """Make the table and fill it."""
    op.add_column("thread", sa.Column("on_paper", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_negative_leaf", "negative", ["leaf_index"], unique=False)
    op.create_table(
        "sight",
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("since_leaf", _BIG, autoincrement=False, nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("until_leaf", _BIG, nullable=False),
        sa.Column("left_home", sa.String(), nullable=False),
        sa.Column("left_host", sa.String(), nullable=False),
        sa.Column("left_state", sa.String(), nullable=False),
        sa.Column("left_paper", sa.Boolean(), nullable=False),
        sa.Column("left_changed_at", _BIG, nullable=False),
        sa.Column("left_reported_at", _BIG, nullable=False),
        sa.Column("left_data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("province", "thread_id", "since_leaf"),
    )
    op.create_index(
        "ix_sight_late",
        "sight",
        ["province", "since_leaf"],
        unique=False,
        sqlite_where=sa.text("late"),
        postgresql_where=sa.text("late"),
    )
    op.create_index(
        "ix_mailbox_parked",
        "mailbox",
        ["unit"],
        unique=False,
        sqlite_where=sa.text("status = 1 AND kind = 1"),
        postgresql_where=sa.text("status = 1 AND kind = 1"),
    )
    op.create_index("ix_sight_thread", "sight", ["thread_id"], unique=False)
    connection = op.get_bind()
    after = ""
    while rows := _page(connection, after):
        sights = [sight for thread_id, data in rows for sight in _sights(connection, thread_id, json.loads(data))]
        if sights:
            connection.execute(sa.insert(_SIGHT), sights)
        paper = [thread_id for thread_id, data in rows if _on_paper(json.loads(data))]
        if paper:
            connection.execute(sa.update(_THREAD).where(_THREAD.c.thread_id.in_(paper)).values(on_paper=True))
        after = rows[-1][0]


def _page(connection: sa.Connection, after: str) -> list[tuple[str, bytes]]:
    asked = sa.select(_THREAD.c.thread_id, _THREAD.c.data).where(_THREAD.c.thread_id > after)
    return [(row[0], row[1]) for row in connection.execute(asked.order_by(_THREAD.c.thread_id).limit(_PAGE))]


def _on_paper(thread: list[Any]) -> bool:
    return thread[_LETTER] is not None and bool(thread[_LETTER][_ON_PAPER])


def _sights(connection: sa.Connection, thread_id: str, thread: list[Any]) -> Iterator[dict[str, object]]:
    """Everybody who sees a thread today began with it: nobody has watched a thread's entries before this version."""
    since, _ = _leaf(connection, thread_id, 1)
    row = {
        "thread_id": thread_id,
        "since_leaf": since,
        "late": False,
        "until_leaf": _OPEN,
        "left_home": "",
        "left_host": "",
        "left_state": "",
        "left_paper": False,
        "left_changed_at": 0,
        "left_reported_at": -1,
        "left_data": b"",
    }
    units = (thread[_HOME], thread[_HOST], *thread[_PROVINCES], *thread[_FORMER_HOMES])
    now = {_province(unit) for unit in units} - {""}
    for province in sorted(now):
        yield {**row, "province": province}
    ends: dict[str, tuple[int, str]] = {}
    for unit, _leg, sequence, _investigated in thread[_FORMER_HOSTS]:
        province = _province(unit)
        if province and province not in now:
            ends[province] = max(ends.get(province, (0, "")), (sequence, unit))
    for province, (sequence, unit) in sorted(ends.items()):
        until, at = _leaf(connection, thread_id, sequence)
        # in which state it was then is in no column: a host is left when it handed over
        left = {"until_leaf": until, "left_home": thread[_HOME], "left_host": unit, "left_changed_at": at}
        yield {**row, **left, "left_state": "transferred", "province": province}


def _leaf(connection: sa.Connection, thread_id: str, sequence: int) -> tuple[int, int]:
    found = connection.execute(
        sa.select(_ANSWER.c.leaf_index, _ANSWER.c.at).where(
            _ANSWER.c.thread_id == thread_id, _ANSWER.c.sequence == sequence, _ANSWER.c.accepted
        )
    ).one()
    return found[0], found[1]


def _province(unit: str) -> str:
    return "" if unit[6:8] == "NO" else unit[:2]
