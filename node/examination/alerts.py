"""Ways out for a provincial office's alerts: whether the settings can be used, and whether calls are taken."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from certs.files import KeyFileError
from delegation.errors import Refusal
from node import tables
from node.examination.findings import Finding, Status, ill, well
from node.province.alert_ways import Way, ways_of
from node.records import from_us
from node.settings import NodeSettings

_NAME: Final = "alerts"
_TOO_LONG: Final = timedelta(hours=24)


def check_alerts(connection: Connection, settings: NodeSettings, at: datetime) -> Iterator[Finding]:
    """One finding a way out; none on a node whose settings ask for none. No call is made."""
    try:
        ways = ways_of(settings, settings.units)
    except Refusal as refusal:
        yield ill(_NAME, Status.FAILED, "alerts_refused", field=str(refusal.refused.details.get("field", "")))
        return
    except KeyFileError as error:
        yield ill(_NAME, Status.FAILED, "alerts_refused", field=f"secret file, {error.code.value}")
        return
    for way in ways:
        yield _of(connection, way, at)


def _of(connection: Connection, way: Way, at: datetime) -> Finding:
    rows = tables.METADATA.tables["office_tellings"]
    waiting = select(func.count(), func.min(rows.c.queued_at)).where(rows.c.way == way.name)
    count, oldest = connection.execute(waiting).one()
    failed = (
        select(rows.c.attempts, rows.c.fault)
        .where(rows.c.way == way.name, rows.c.attempts > 0)
        .order_by(rows.c.attempts.desc())
        .limit(1)
    )
    found = connection.execute(failed).first()
    if found is None:
        return well(_NAME)
    status = Status.FAILED if at - from_us(int(oldest)) > _TOO_LONG else Status.WARNING
    return ill(
        _NAME, status, "alerts_not_taken", kind=way.kind, host=way.target, count=count, times=found[0], why=found[1]
    )
