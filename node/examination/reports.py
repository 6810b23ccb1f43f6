"""Reports of a provincial office that wait, as the database of a node tells, running or not."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from node import tables
from node.examination.findings import Finding, Status, ill, well
from node.province.report_keeping import BEGAN, LATE
from node.province.schedule import Schedule, owed
from node.records import from_us

_NAME: Final = "reports"


def check_reports(connection: Connection, schedule: Schedule, at: datetime) -> Iterator[Finding]:
    """One finding an office that has begun to make reports; none on a node without."""
    meta, kept = tables.METADATA.tables["meta"], tables.METADATA.tables["reports"]
    began = select(meta.c.name, meta.c.value).where(meta.c.name.like(f"{BEGAN}%")).order_by(meta.c.name)
    for name, value in connection.execute(began).all():
        unit = str(name).removeprefix(BEGAN)
        made = {str(row[0]) for row in connection.execute(select(kept.c.report_id).where(kept.c.unit == unit))}
        since = from_us(int.from_bytes(value, "big"))
        late = sum(at - each.due_at > LATE for each in owed(schedule, made, since=since, now=at))
        yield ill(_NAME, Status.WARNING, "reports_late", count=late, unit=unit) if late else well(_NAME)
