"""Disk full, database gone: typed, nothing acknowledged is lost, and ready again by itself."""

import asyncio
import sqlite3
from pathlib import Path

from sqlalchemy import event, text

from delegation.errors import Reason
from registry.answers import Final, NotFinal
from registry.server import Registry
from registry.sql_engine import make_engine
from registry.store_sql import SqlStore
from tests.registry.faults import FaultyStore
from tests.registry.federation import Federation
from tests.registry.test_writer import take


async def ready(registry: Registry) -> None:
    async with asyncio.timeout(10):
        while not all(registry.readiness().values()):
            await asyncio.sleep(0.02)


async def test_it_is_ready_again_without_a_further_envelope(federation: Federation) -> None:
    store = FaultyStore()
    async with federation.running(store) as registry:
        store.fail_before = 1
        assert await take(registry, federation.letter()) == [NotFinal(Reason.STORAGE_UNAVAILABLE)]
        assert not registry.readiness()["storage"]
        await ready(registry)


async def test_a_full_disk_loses_nothing_and_passes(federation: Federation) -> None:
    async with federation.running() as registry:
        store = registry.database.store
        assert isinstance(store, SqlStore)
        before = [federation.letter() for _ in range(3)]
        assert all(isinstance(result, Final) for result in await take(registry, *before))
        size = store.head().size

        pages = [1]  # SQLite never goes below what it has: no page more

        def limited(connection: sqlite3.Connection, *_others: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {pages[0]}")

        event.listen(store._engine, "checkout", limited)
        await registry.database.write(store._drivers.close)  # the writer's own is taken anew
        refused = federation.letter(), federation.letter()
        many = [federation.letter() for _ in range(40)]
        results = await take(registry, *refused, *many)
        assert all(result == NotFinal(Reason.STORAGE_UNAVAILABLE) for result in results)
        assert store.head().size == size
        pages[0] = 2**30
        again = await take(registry, *refused, *many)
        assert all(isinstance(result, Final) and not result.repeated for result in again)
        assert all(isinstance(result, Final) and result.repeated for result in await take(registry, *before))
        await ready(registry)


async def test_a_database_server_that_drops_its_connections_is_asked_again(tmp_path: Path, postgres_url: str) -> None:
    federation = Federation(tmp_path, database_url=postgres_url)
    killer = make_engine(postgres_url)
    async with federation.running() as registry:
        first = federation.letter()
        assert all(isinstance(result, Final) for result in await take(registry, first))
        for _ in range(3):
            with killer.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            letter = federation.letter()
            async with asyncio.timeout(15):
                while not isinstance((await take(registry, letter))[0], Final):
                    await asyncio.sleep(0.05)
        (again,) = await take(registry, first)
        assert isinstance(again, Final)
        assert again.repeated
        await ready(registry)
    killer.dispose()
