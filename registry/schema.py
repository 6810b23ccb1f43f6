"""The schema's version: made, migrated, and refused when it is newer than this program."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, select

from delegation.errors import Reason, Refusal
from registry.sql_engine import storage_errors
from registry.tables import LogHead

_MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def check_schema(engine: Engine) -> None:
    """Refuse a schema that a newer program made: SCHEMA_TOO_NEW. An older one is for `migrate`."""
    with storage_errors(), engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise Refusal(Reason.SCHEMA_TOO_NEW)


def migrate(engine: Engine) -> None:
    """Bring the schema to this program's version. Raises Refusal SCHEMA_TOO_NEW, STORAGE_UNAVAILABLE."""
    check_schema(engine)
    config = _config()
    with storage_errors(), engine.connect().execution_options(immediate=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if connection.execute(select(LogHead.__table__.c.id)).first() is None:
            values = {"id": 1, "epoch": 0, "size": 0, "frontier": b"", "accepted_at": 0}
            connection.execute(insert(LogHead.__table__), values)
