"""An older database gets the day by which its threads are ordered."""

from datetime import date
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from delegation.codes import Priority
from delegation.urgency import rank_day
from node import setup
from node.records import ThreadRecord
from node.store_sql import SqlStore, make_engine

ROWS = [
    ("t0", "2026-09-07", Priority.NORMAL),
    ("t1", "2026-09-07", Priority.PREFERRED),
    ("t2", "2026-09-12", Priority.GREEN),
    ("t3", "", Priority.GREEN),
    ("t4", "2026-09-11", Priority.UNSPECIFIED),
]
_PUT = (
    "INSERT INTO threads (thread_id, thread_type, state_bytes, version, home_unit, host_unit, state, turn, matter,"
    " priority, place, is_open, next_due, leg, round, case_id, secret, letter_sequence, queued, parked, created_at,"
    " changed_at, purged, change_number) VALUES (:id, 1, x'', 1, 'a', 'b', 'issued', 'b', 1, :priority, '', 1, :due,"
    " 1, 1, '', x'', 0, 0, 0, 0, 0, 0, 1)"
)


def test_threads_of_before_are_ordered_as_those_of_now(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'node.db'}"
    engine = make_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(setup.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        for thread_id, due, priority in ROWS:
            connection.execute(text(_PUT), {"id": thread_id, "due": due, "priority": int(priority)})
        connection.commit()
    engine.dispose()
    store = SqlStore(make_engine(url))
    found = {row.thread_id: row.rank_day for row in store.select(ThreadRecord)}
    store.close()
    assert found == {
        thread_id: rank_day(date.fromisoformat(due), priority).isoformat() if due else ""
        for thread_id, due, priority in ROWS
    }
