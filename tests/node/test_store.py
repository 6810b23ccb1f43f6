"""One suite for every store: memory, SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from delegation.errors import Reason, Refusal
from node import tables
from node.records import (
    RECORDS,
    CursorRecord,
    DeliveryRecord,
    EntryRecord,
    MetaRecord,
    PartyRecord,
    Record,
    TaskRecord,
    ThreadRecord,
)
from node.records_archive import ARCHIVE_RECORDS
from node.records_people import PEOPLE_RECORDS
from node.records_pool import POOL_RECORDS
from node.records_province import PROVINCE_RECORDS
from node.store import Op, Store, ThreadQuery, Where
from node.store_memory import MemoryStore
from node.store_sql import SqlStore, make_engine, upgrade


def _empty(store: SqlStore) -> SqlStore:
    for kind in (*RECORDS, *PEOPLE_RECORDS, *ARCHIVE_RECORDS, *POOL_RECORDS, *PROVINCE_RECORDS):
        keys = store.select_columns(kind, kind.KEY)
        store.commit({kind: {tuple(key): None for key in keys}})
    return store


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "sqlite":
        made = SqlStore(make_engine(f"sqlite:///{tmp_path / 'node.db'}"))
    else:
        made = _empty(SqlStore(make_engine(request.getfixturevalue("postgres_url"))))
    yield made
    made.close()


def a_thread(thread_id: str = "t1", **changes: Any) -> ThreadRecord:
    values: dict[str, Any] = {item.name: b"" if item.type is bytes else 0 for item in fields(ThreadRecord)}
    for name in ("home_unit", "host_unit", "state", "turn", "place", "next_due", "case_id", "rank_day"):
        values[name] = ""
    return ThreadRecord(**{**values, "thread_id": thread_id, "is_open": True, "purged": False, **changes})


def an_entry(sequence: int, **changes: Any) -> EntryRecord:
    values: dict[str, Any] = {
        "thread_id": "t1", "sequence": sequence, "sender_unit": "u", "envelope_id": f"e{sequence}",
        "header_digest": b"\x01" * 32, "entry_digest": b"\x02" * 32, "kind": 1, "moving": True, "header": b"h\x00",
        "signatures": b"s", "entry": b"e", "secret": b"\xff\x00", "state": "own", "reason": "", "accepted_at": 2**60,
    }  # fmt: skip
    return EntryRecord(**{**values, **changes})


def put(store: Store, *records: Any) -> None:
    changes: dict[Any, Any] = {}
    for record in records:
        key = tuple(getattr(record, name) for name in type(record).KEY)
        changes.setdefault(type(record), {})[key] = record
    store.commit(changes)


def test_what_is_put_is_got(store: Store) -> None:
    put(store, an_entry(1), an_entry(2), MetaRecord("x", b"\x00\x01"))
    assert store.get(EntryRecord, ("t1", 2)) == an_entry(2)
    assert store.get(EntryRecord, ("t1", 3)) is None
    assert store.get(MetaRecord, ("x",)) == MetaRecord("x", b"\x00\x01")


def test_a_second_put_replaces_and_none_deletes(store: Store) -> None:
    put(store, an_entry(1))
    put(store, an_entry(1, state="parked"))
    found = store.get(EntryRecord, ("t1", 1))
    assert found is not None
    assert found.state == "parked"
    store.commit({EntryRecord: {("t1", 1): None}})
    assert store.get(EntryRecord, ("t1", 1)) is None


def test_of_what_moved_those_columns_alone_are_written(store: Store) -> None:
    put(store, a_thread(state="issued", version=1, queued=0), a_thread("t2"))
    moved = [a_thread(state="lies", version=2, queued=3, changed_at=4), a_thread("t3", version=5)]
    put(store, a_thread("t3"))
    store.commit({}, {ThreadRecord: {(each.thread_id,): each for each in moved}})
    assert store.get(ThreadRecord, ("t1",)) == a_thread(state="issued", version=2, queued=3, changed_at=4)
    assert store.get(ThreadRecord, ("t2",)) == a_thread("t2")
    assert store.get(ThreadRecord, ("t3",)) == a_thread("t3", version=5)


def test_what_moved_and_is_not_there_is_refused_with_all_of_its_batch(store: Store) -> None:
    with pytest.raises(Refusal):
        store.commit({MetaRecord: {("x",): MetaRecord("x", b"1")}}, {ThreadRecord: {("t9",): a_thread("t9")}})
    assert store.get(MetaRecord, ("x",)) is None
    assert store.get(ThreadRecord, ("t9",)) is None


def test_where_the_first_counts_a_second_changes_nothing(store: Store) -> None:
    def evidence(at: int) -> DeliveryRecord:
        return DeliveryRecord(
            thread_id="t", header_digest=b"d", unit="u", status="applied", reason="", at=at, evidence=b""
        )

    put(store, evidence(1))
    put(store, evidence(2))
    found = store.get(DeliveryRecord, ("t", b"d", "u", "applied"))
    assert found is not None
    assert found.at == 1


def test_select_orders_limits_and_compares(store: Store) -> None:
    put(store, *(an_entry(number, kind=number % 2) for number in range(1, 8)))
    odd = store.select(
        EntryRecord, (Where("kind", 1), Where("sequence", 2, Op.GT)), order=("sequence",), descending=True
    )
    assert [item.sequence for item in odd] == [7, 5, 3]
    assert [item.sequence for item in store.select(EntryRecord, limit=2)] == [1, 2]
    assert store.select_columns(EntryRecord, ("sequence",), (Where("kind", 0),)) == [(2,), (4,), (6,)]
    assert store.maximum(EntryRecord, "sequence") == 7
    assert store.maximum(CursorRecord, "cursor") == 0
    assert store.count(EntryRecord, (Where("moving", True),)) == 7


def name_of(row: Record) -> str:
    assert isinstance(row, ThreadRecord)
    return row.thread_id


DUES = ("2026-08-09", "2026-08-01", "", "2026-08-01", "2026-08-02", "")


def test_columns_are_read_in_an_order_and_so_many(store: Store) -> None:
    put(store, *(a_thread(f"t{number}", change_number=9 - number) for number in range(4)))
    where = (Where("change_number", 6, Op.GT),)
    assert store.select_columns(ThreadRecord, ("thread_id",), where, order=("change_number",), limit=2) == [
        ("t2",),
        ("t1",),
    ]


def test_threads_are_listed_for_their_unit_latest_first(store: Store) -> None:
    put(store, *(a_thread(f"t{number}", change_number=number, rank_day=DUES[number]) for number in range(6)))
    put(store, *(PartyRecord("us", f"t{number}", "home" if number else "host") for number in range(5)))
    first = store.list_threads(ThreadQuery(unit="us", limit=2))
    assert [(name_of(row), role) for row, role in first] == [("t4", "home"), ("t3", "home")]
    last = first[-1][0]
    assert isinstance(last, ThreadRecord)
    rest = store.list_threads(ThreadQuery(unit="us", limit=9, before=last.change_number))
    assert [name_of(row) for row, _ in rest] == ["t2", "t1", "t0"]
    by_due = store.list_threads(ThreadQuery(unit="us", by_due=True))
    assert [name_of(row) for row, _ in by_due] == ["t2", "t1", "t3", "t4", "t0"]
    after = store.list_threads(ThreadQuery(unit="us", by_due=True, after=("2026-08-01", "t1")))
    assert [name_of(row) for row, _ in after] == ["t3", "t4", "t0"]
    assert name_of(store.list_threads(ThreadQuery(unit="us", role="host"))[0][0]) == "t0"
    assert store.list_threads(ThreadQuery(unit="them")) == []


def test_a_commit_is_whole(tmp_path: Path) -> None:
    store = SqlStore(make_engine(f"sqlite:///{tmp_path / 'node.db'}"))
    put(store, CursorRecord("u", 1))
    bad: Any = MetaRecord("x", None)  # type: ignore[arg-type]  # what the column refuses
    with pytest.raises(Refusal) as refused:
        store.commit({CursorRecord: {("u",): CursorRecord("u", 2)}, MetaRecord: {("x",): bad}})
    assert refused.value.reason is Reason.STORAGE_UNAVAILABLE
    assert store.get(CursorRecord, ("u",)) == CursorRecord("u", 1)
    store.close()


def test_a_value_that_the_driver_does_not_take_leaves_nothing_for_the_next_commit(tmp_path: Path) -> None:
    store = SqlStore(make_engine(f"sqlite:///{tmp_path / 'node.db'}"))
    put(store, CursorRecord("u", 1))
    with pytest.raises(OverflowError):
        store.commit({CursorRecord: {("u",): CursorRecord("u", 2), ("v",): CursorRecord("v", 2**70)}})
    put(store, CursorRecord("w", 3))
    assert store.select(CursorRecord) == [CursorRecord("u", 1), CursorRecord("w", 3)]
    store.close()


@pytest.mark.parametrize(
    "kind",
    [*RECORDS, *PEOPLE_RECORDS, *ARCHIVE_RECORDS, *POOL_RECORDS, *PROVINCE_RECORDS],
    ids=lambda kind: kind.TABLE,
)
def test_tables_have_the_records_columns(kind: Any) -> None:
    table = tables.METADATA.tables[kind.TABLE]
    assert [column.name for column in table.columns] == [item.name for item in fields(kind)]
    assert {column.name for column in table.primary_key} == set(kind.KEY)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'node.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refusal) as refused:
        SqlStore(engine)
    assert refused.value.reason is Reason.SCHEMA_TOO_NEW
    engine.dispose()


def test_sqlite_syncs_every_commit(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'node.db'}")
    with engine.connect() as connection:
        pragma: Callable[[str], Any] = lambda name: connection.execute(text(f"PRAGMA {name}")).scalar()  # noqa: E731
        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 2
    engine.dispose()


def a_task(thread_id: str, code: str, due: str = "", subject: str = "", unit: str = "us") -> TaskRecord:
    return TaskRecord(
        unit=unit, thread_id=thread_id, code=code, subject=subject, due=due, other_unit="them", rank_day=due
    )


def test_rows_are_counted_by_a_column_and_read_on_from_a_place(store: Store) -> None:
    put(store, a_task("t1", "x", "2026-08-01"), a_task("t2", "x", "2026-08-01"), a_task("t2", "y"), a_task("t3", "x"))
    put(store, a_task("t9", "x", unit="others"))
    ours = Where("unit", "us")
    assert sorted(store.tally(TaskRecord, ("code",), (ours,)), key=str) == [("x", 3), ("y", 1)]
    assert store.count_distinct(TaskRecord, "thread_id", (ours,)) == 3
    assert store.count_distinct(TaskRecord, "thread_id", (Where("unit", "nobody"),)) == 0
    found = store.select_in(TaskRecord, ("thread_id", "code"), "thread_id", ["t2", "t9", "t0"], (ours,))
    assert sorted(found, key=str) == [("t2", "x"), ("t2", "y")]
    assert store.select_in(TaskRecord, ("thread_id",), "thread_id", []) == []
    many = store.select_in(TaskRecord, ("code",), "thread_id", [f"t{number}" for number in range(2_000)])
    assert len(many) == 5
    order = ("due", "thread_id", "subject")
    rest = store.select_columns(
        TaskRecord, ("thread_id",), (ours, Where("code", "x")), order=order, after=("2026-08-01", "t1", ""), limit=5
    )
    assert rest == [("t2",)]
