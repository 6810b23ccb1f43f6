"""Whether the log of who looked at which case is whole, read beside a running node."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, cast

from sqlalchemy import Connection, exc, func, select

from certs.files import KeyFileError
from certs.rest import MasterKey
from delegation.errors import Reason, Refusal
from node import tables
from node.examination.findings import Finding, Status, ill, well
from node.keyring import MASTER_FILE
from node.looks import FIELD, HEAD, What, first_broken, last_number
from node.records_people import LookLineRecord, LookRecord
from node.settings import NodeSettings
from node.verification.rows import open_engine

_LATEST = 100_000  # rows that the doctor looks at; `xieban node looks` looks at all
_LATEST_LISTS = 5_000  # of them whose lines it looks up


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
    broken = first_broken(
        lambda text: master.lookup_hash(text, field=FIELD), _rows(connection, after), head, after=after
    )
    return broken or _cut_off(connection, _LATEST_LISTS if latest else None)


def _cut_off(connection: Connection, most: int | None) -> int:
    """The first list whose lines cannot all be found from their cases; what the chain says of them stays in it."""
    looks, lines = (tables.METADATA.tables[name] for name in (LookRecord.TABLE, LookLineRecord.TABLE))
    statement = select(looks.c.number, looks.c.part).where(looks.c.what == What.LINES.value)
    first = 0
    for number, part in connection.execute(statement.order_by(looks.c.number.desc()).limit(most)):
        subjects = part.split(" ")
        there = select(func.count()).where(lines.c.number == number, lines.c.subject.in_(subjects))
        if connection.execute(there).scalar() != len(subjects):
            first = number
    return first


def _head(connection: Connection) -> bytes:
    meta = tables.METADATA.tables["meta"]
    return connection.execute(select(meta.c.value).where(meta.c.name == HEAD)).scalar() or b""


def _rows(connection: Connection, after: int) -> Iterator[LookRecord]:
    table = tables.METADATA.tables[LookRecord.TABLE]
    columns = [item.name for item in fields(cast("Any", LookRecord))]  # a dataclass, which Record cannot say
    statement = select(*(table.c[name] for name in columns)).where(table.c.number > after).order_by(table.c.number)
    for row in connection.execution_options(yield_per=2000).execute(statement):
        yield LookRecord(**dict(zip(columns, row, strict=True)))
