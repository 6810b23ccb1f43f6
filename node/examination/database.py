"""The database, read beside a running node: its version, the queue, what is parked, alarms, the newest roster."""

import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, exc, func, select, text

from delegation.errors import Reason, Refusal
from node import tables
from node.examination.alerts import check_alerts
from node.examination.findings import Finding, Status, ill, well
from node.examination.looks import check_looks
from node.examination.reports import check_reports
from node.records import from_us
from node.settings import NodeSettings
from node.store import SCHEMA_VERSION
from node.threads import PARKED
from node.verification.rows import open_engine

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WAIT_LONG, _WAIT_TOO_LONG = timedelta(hours=1), timedelta(hours=24)
_GRAVE = frozenset(
    reason.value
    for reason in (
        Reason.LOG_FORKED,
        Reason.CHECKPOINT_NOT_TRUSTED,
        Reason.ROSTER_NOT_TRUSTED,
        Reason.KEY_CHANGED_UNSIGNED,
        Reason.SHOULD_HAVE_BEEN_REFUSED,
        Reason.ENTRY_MISMATCH,
    )
)
_CAME_BACK = ("refused", "untrusted", "returned_draft", "not_found")


@dataclass(frozen=True, slots=True)
class Contents:
    """What the database says; `roster` is the newest signed one."""

    findings: tuple[Finding, ...]
    roster: bytes = b""


def check_database(settings: NodeSettings, at: datetime) -> Contents:
    """Open it for reading and look."""
    try:
        engine = open_engine(settings.database)
    except Refusal:
        return Contents((ill("database", Status.FAILED, "database_closed"),))
    try:
        with engine.connect() as connection:
            version = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
            if version != SCHEMA_VERSION:
                newer = version > SCHEMA_VERSION
                fault = "database_newer" if newer else "database_older"
                found = ill("database", Status.FAILED if newer else Status.WARNING, fault, version=version)
                return Contents((found,))
            roster = tables.METADATA.tables["rosters"]
            newest = select(roster.c.signed).order_by(roster.c.version.desc()).limit(1)
            findings = (_file(settings), *_queue(connection, at), _parked(connection), _alarms(connection))
            findings += (check_looks(connection, settings), *check_reports(connection, settings.reports, at))
            findings += tuple(check_alerts(connection, settings, at))
            return Contents(findings, connection.execute(newest).scalar() or b"")
    except exc.SQLAlchemyError:
        return Contents((ill("database", Status.FAILED, "database_closed"),))
    finally:
        engine.dispose()


def _file(settings: NodeSettings) -> Finding:
    if settings.database.startswith("sqlite"):
        path = Path(settings.database.removeprefix("sqlite:///"))
        # The data folder is 0700, so others reach the file only where somebody opened both.
        reachable = stat.S_IMODE(path.parent.stat().st_mode) & _OTHERS
        if reachable and stat.S_IMODE(path.stat().st_mode) & _OTHERS:
            return ill("database", Status.WARNING, "database_readable")
    return well("database")


def _queue(connection: Connection, at: datetime) -> Iterator[Finding]:
    outbox = tables.METADATA.tables["outbox"]
    waiting = select(func.count(), func.min(outbox.c.queued_at)).where(outbox.c.state == "queued")
    count, oldest = connection.execute(waiting).one()
    age = at - from_us(int(oldest)) if count else timedelta(0)
    if age > _WAIT_LONG:
        status = Status.FAILED if age > _WAIT_TOO_LONG else Status.WARNING
        yield ill("outbox", status, "queue_old", count=count, hours=_hours(age))
    else:
        yield well("outbox")
    back = select(outbox.c.reason, func.count()).where(outbox.c.state.in_(_CAME_BACK)).group_by(outbox.c.reason)
    reasons = Counter({str(reason): int(number) for reason, number in connection.execute(back)})
    yield (
        ill("returned", Status.WARNING, "queue_refused", count=reasons.total(), reasons=_listed(reasons))
        if reasons
        else well("returned")
    )


def _parked(connection: Connection) -> Finding:
    entries, waiting = tables.METADATA.tables["entries"], tables.METADATA.tables["waiting"]
    applied = select(entries.c.reason, func.count()).where(entries.c.state == PARKED).group_by(entries.c.reason)
    raw = select(waiting.c.cause, func.count()).where(waiting.c.cause.like("parked:%")).group_by(waiting.c.cause)
    reasons = Counter({str(reason): int(number) for reason, number in connection.execute(applied)})
    for cause, number in connection.execute(raw):
        reasons[str(cause).removeprefix("parked:")] += int(number)
    if not reasons:
        return well("parked")
    return ill("parked", Status.WARNING, "parked", count=reasons.total(), reasons=_listed(reasons))


def _alarms(connection: Connection) -> Finding:
    alarms = tables.METADATA.tables["alarms"]
    unseen = select(alarms.c.reason, func.count()).where(alarms.c.acknowledged_by == "").group_by(alarms.c.reason)
    reasons = Counter({str(reason): int(number) for reason, number in connection.execute(unseen)})
    if not reasons:
        return well("alarms")
    status = Status.FAILED if _GRAVE & set(reasons) else Status.WARNING
    return ill("alarms", status, "alarms", count=reasons.total(), reasons=_listed(reasons))


def _listed(reasons: Iterable[str]) -> str:
    return ", ".join(sorted(reasons))


def _hours(age: timedelta) -> int:
    return int(age.total_seconds() // 3600)
