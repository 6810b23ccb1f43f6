"""Whether the log of who looked at which case is whole, read beside a running node."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, cast

from sqlalchemy import Connection, exc, select

from certs.files import KeyFileError
from certs.rest import MasterKey
from delegation.errors import Reason, Refusal
from node import tables
from node.examination.findings import Finding, Status, ill, well
from node.keyring import MASTER_FILE
from node.looks import FIELD, HEAD, first_broken, last_number
from node.records_people import LookRecord
from node.settings import NodeSettings
from node.verification.rows import open_engine

_LATEST = 100_000  # rows that the doctor looks at; `xieban node looks` looks at all


def check_looks(connection: Connection, settings: NodeSettings) -> Finding:
    """The latest rows of the chain and its end."""
    try:
        master = MasterKey.load(settings.keys_dir / MASTER_FILE)
    except KeyFileError as error:
        return ill("looks", Status.FAILED, "key_broken", file=MASTER_FILE, code=error.code.value)
    broken = _broken(connection, master, latest=_LATEST)
    return ill("looks", Status.FAILED, "looks_broken", number=broken) if broken else well("looks")


def verify_looks(settings: NodeSettings) -> tuple[int, int]:
    """How many rows there are, and the first that is broken (0: none), of the whole chain.

    Raises:
        Refusal: STORAGE_UNAVAILABLE.
        KeyFileError: the master key cannot be read.
    """
    master = MasterKey.load(settings.keys_dir / MASTER_FILE)
    engine = open_engine(settings.database)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")  # one moment for rows and end
            return last_number(_head(connection)), _broken(connection, master, latest=0)
    except exc.SQLAlchemyError:
        raise Refusal(Reason.STORAGE_UNAVAILABLE) from None
    finally:
        engine.dispose()


def _broken(connection: Connection, master: MasterKey, *, latest: int) -> int:
    head = _head(connection)
    after = max(0, last_number(head) - latest) if latest else 0
    return first_broken(lambda text: master.lookup_hash(text, field=FIELD), _rows(connection, after), head, after=after)


def _head(connection: Connection) -> bytes:
    meta = tables.METADATA.tables["meta"]
    return connection.execute(select(meta.c.value).where(meta.c.name == HEAD)).scalar() or b""


def _rows(connection: Connection, after: int) -> Iterator[LookRecord]:
    table = tables.METADATA.tables[LookRecord.TABLE]
    columns = [item.name for item in fields(cast("Any", LookRecord))]  # a dataclass, which Record cannot say
    statement = select(*(table.c[name] for name in columns)).where(table.c.number > after).order_by(table.c.number)
    for row in connection.execution_options(yield_per=2000).execute(statement):
        yield LookRecord(**dict(zip(columns, row, strict=True)))
