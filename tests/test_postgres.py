"""The PostgreSQL that other tests stand on is real, empty, and takes strangers nowhere."""

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


def test_the_database_is_postgresql_and_empty(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    try:
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT version()")).startswith("PostgreSQL")
            assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0
            connection.execute(text("CREATE TABLE kept (n integer)"))
            connection.execute(text("INSERT INTO kept VALUES (7)"))
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT n FROM kept")) == 7
    finally:
        engine.dispose()


def test_the_server_has_no_tcp_port(postgres_url: str) -> None:
    assert make_url(postgres_url).drivername == "postgresql+psycopg"
    engine = create_engine(postgres_url)
    try:
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW listen_addresses")) == ""
            assert connection.scalar(text("SHOW fsync")) == "off"
    finally:
        engine.dispose()
