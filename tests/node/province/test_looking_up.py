"""What is read of one thread of the copy is found by its name, however much else there is."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from node.province.alert_watch import _refusals
from node.province.copying import _end_of
from node.province.own_threads import _last
from node.province.timeline import steps_of
from node.records_province import WatchedRecord
from node.store_sql import SqlStore, make_engine
from node.writer import Tx

Look = Callable[[SqlStore], object]
LOOKS: dict[str, Look] = {
    "the end that the next entry follows": lambda store: _end_of(cast("Tx", store), "WT-1"),
    "how far the copy is": lambda store: _last(store, WatchedRecord, ["WT-1", "WT-2"]),
    "a timeline": lambda store: steps_of(cast("Tx", store), "WT-1"),
    "refusals": lambda store: _refusals(store, ["WT-1", "WT-2"]),
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path / 'node.db'}")
    yield made
    made.dispose()


@pytest.mark.parametrize("name", list(LOOKS))
def test_a_thread_of_the_copy_is_found_by_its_name(engine: Engine, name: str) -> None:
    store = SqlStore(engine)
    asked: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    LOOKS[name](store)
    ((statement, parameters),) = [each for each in asked if "watched" in each[0]]
    event.remove(engine, "before_cursor_execute", note)
    store.close()
    with make_engine(str(engine.url)).connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        indexes = connection.execute(text("PRAGMA index_list(watched)")).all()
    assert "watched_by_reason" in {row[1] for row in indexes}, "what this test guards against is gone"
    searched = [row[3] for row in plan if "watched" in row[3]]
    assert searched
    assert all("thread_id=?" in each for each in searched), plan
