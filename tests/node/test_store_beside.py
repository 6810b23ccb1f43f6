"""A reader beside the writer's thread never ends the writer's transaction."""

import threading
from pathlib import Path

from node.records import MetaRecord
from node.store_sql import SqlStore, make_engine


def test_what_is_committed_beside_a_reader_is_kept(tmp_path: Path) -> None:
    store = SqlStore(make_engine(f"sqlite:///{tmp_path / 'node.db'}"))
    stopped = threading.Event()

    def read() -> None:
        while not stopped.is_set():
            store.count(MetaRecord)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(60):
            name = f"n{number}"
            store.commit({MetaRecord: {(name,): MetaRecord(name, b"x")}})
            assert store.get(MetaRecord, (name,)) is not None
    finally:
        stopped.set()
        reader.join()
    assert store.count(MetaRecord) >= 60
    store.close()
