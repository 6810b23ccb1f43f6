"""What a registry keeps in a file, over a new process and over changes of its schema."""

from pathlib import Path

import pytest
from sqlalchemy import text

from delegation.errors import Reason, Refusal
from registry.records import DrawCheckpointRow
from registry.schema import check_schema, migrate
from registry.sql_engine import make_engine
from registry.store_sql import SqlStore
from tests.registry.test_store import HOME, an_answer, grown

BEFORE_SIGHTS = (
    "DROP TABLE sight",
    "DROP INDEX ix_negative_leaf",
    "DROP INDEX ix_mailbox_parked",
    "ALTER TABLE thread DROP COLUMN on_paper",
)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/registry.db")
    migrate(engine)
    migrate(engine)
    check_schema(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for ask in (check_schema, migrate):
        with pytest.raises(Refusal) as caught:
            ask(engine)
        assert caught.value.reason is Reason.SCHEMA_TOO_NEW
    engine.dispose()


def test_what_sqlite_holds_survives_a_new_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/registry.db"
    engine = make_engine(url)
    migrate(engine)
    store = SqlStore(engine)
    store.commit(grown(store.claim(None), 5, answers=[an_answer(0)]))
    head = store.head()
    store.close()
    again = SqlStore(make_engine(url))
    assert again.head() == head
    assert list(again.answers([f"{HOME}/e0"])) == [f"{HOME}/e0"]
    again.close()


def test_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    """A registry of before the draws keeps its log and gets the new table."""
    url = f"sqlite:///{tmp_path}/registry.db"
    engine = make_engine(url)
    migrate(engine)
    store = SqlStore(engine)
    store.commit(grown(store.claim(None), 3, answers=[an_answer(0)]))
    head = store.head()
    with engine.begin() as connection:
        for statement in BEFORE_SIGHTS:
            connection.execute(text(statement))
        connection.execute(text("DROP TABLE draw_checkpoint"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    migrate(engine)
    assert store.head() == head
    row = DrawCheckpointRow(3, "T1", 1, 1, HOME, 4, bytes(32))
    store.commit(grown(head, 1, draws=[row]))
    assert store.draw_checkpoint(3) == row
    store.close()
