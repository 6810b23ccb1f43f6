"""Use cases of an office's reports: what is kept of each, who may do what with it. Run by the node's writer.

A report that the node made by itself is the only one of its kind and period and stays; so does every one that was
submitted for a seal. Of the others, made by a person, the latest `MOST_CUSTOM` are kept.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, cast

from delegation.errors import Reason, Refusal
from delegation.roster_records import UnitType
from node.alarms import raise_alarm
from node.desk.deputies import name_of_staff
from node.desk.guard import acting_as, must_be_apart, need
from node.desk.ports import Actor, Role
from node.desk.seals import need_seal, sealing_roles
from node.province.ports import AsOf
from node.province.report_checking import Difference
from node.province.report_comparing import difference_json
from node.province.report_online import Online, OnlineState
from node.province.report_ports import AwaitedReport, CheckState, ReportCheck, ReportList, ReportSeal, ReportView
from node.province.schedule import Planned, ReportKind, Schedule, covers, owed
from node.province.standing import as_of
from node.records import AlarmRecord, MetaRecord, from_us, to_us
from node.records_province import ReportCheckRecord, ReportRecord, ReportSealRecord
from node.state import State
from node.store import Store, Where
from node.writer import Tx

LOOKS: Final = (Role.SUPERVISOR, Role.READER, Role.APPROVER, Role.SEAL_HOLDER)
MAKES: Final = (Role.SUPERVISOR,)
MOST_CUSTOM: Final = 100
MOST_KEPT_DIFFERENCES: Final = 200
MOST_PDF: Final = 32 * 1024 * 1024
BEGAN: Final = "province.reports.since/"  # and the unit: when the node began to make its reports
LATE: Final = timedelta(hours=1)  # a report that waits for so long is an alarm
_COLUMNS: Final = (
    "report_id", "kind", "first_day", "last_day", "log_size", "threads", "digest", "size", "made_by", "made_at",
)  # fmt: skip
_SEAL_COLUMNS: Final = tuple(each.name for each in fields(ReportSealRecord) if each.name != "pdf")
_OFFICES: Final = frozenset({UnitType.PROVINCIAL, UnitType.NATIONAL})


def need_office(actor: Actor, state: State, *roles: Role) -> None:
    """The actor holds one of the roles in an office that oversees others. Refusal NOT_FOUND, ROLE_MISSING."""
    need(actor, state, *roles)
    if state.rosters.current.view.unit(actor.unit).type not in _OFFICES:
        raise Refusal(Reason.ROLE_MISSING, role=roles[0].value)


def offices(state: State) -> tuple[str, ...]:
    """The units of this node that oversee others."""
    if not state.rosters.ready:
        return ()
    units = state.rosters.current.view.units
    return tuple(code for code in sorted(state.units) if code in units and units[code].type in _OFFICES)


# what the node makes by itself


def _since(unit: str) -> str:
    return f"{BEGAN}{unit}"


def _made(store: Store, unit: str) -> set[str]:
    rows = store.select_columns(ReportRecord, ("report_id",), (Where("unit", unit),))
    return {str(report_id) for (report_id,) in rows}


def _owed(store: Store, unit: str, schedule: Schedule, now: datetime) -> tuple[Planned, ...]:
    since = store.get(MetaRecord, (_since(unit),))
    if since is None:
        return ()
    begun = from_us(int.from_bytes(since.value, "big"))
    return owed(schedule, _made(store, unit), since=begun, now=now)


def next_owed(tx: Tx, state: State, at: datetime, *, unit: str, schedule: Schedule) -> Planned | None:
    """The report that the node has to make now. None while there is none, or the copy does not cover its period.

    An office begins with its first copy that is complete. Waiting for more than an hour raises an alarm, once a report.
    """
    seen = as_of(tx.store, at)
    if tx.get(MetaRecord, (_since(unit),)) is None:
        if not seen.current:
            return None
        tx.put(MetaRecord(_since(unit), to_us(at).to_bytes(8, "big")))
        return None  # found in the next look, when this is on disk
    waiting = _owed(tx.store, unit, schedule, at)
    if not waiting:
        return None
    first = waiting[0]
    if seen.current and covers(first.period, seen.at):
        return first
    tell_late(tx, state, at, unit=unit, planned=first)
    return None


def tell_late(tx: Tx, state: State, at: datetime, *, unit: str, planned: Planned) -> None:
    """An alarm for a report that waits for more than an hour, once, whether or not somebody acknowledged it."""
    if at - planned.due_at <= LATE:
        return
    details = {"what": "report", "report": planned.report_id}
    text = json.dumps(details, sort_keys=True)
    where = (Where("reason", Reason.UNAVAILABLE.value), Where("unit", unit), Where("details", text))
    if not tx.select(AlarmRecord, where, limit=1):
        raise_alarm(tx, Reason.UNAVAILABLE, at=at, number=state.number("alarms"), unit=unit, details=details)


# what is kept


def keep(tx: Tx, state: State, at: datetime, *, record: ReportRecord) -> str:
    """Keep a report unless there is one of its id already; what is too much of others is dropped. Gives its id."""
    del state, at
    key = (record.unit, record.report_id)
    if tx.get(ReportRecord, key) is not None:
        return record.report_id
    tx.put(record)
    if record.kind == ReportKind.CUSTOM:
        sealed = {row.report_id for row in _seals(tx, record.unit)}
        custom = (Where("unit", record.unit), Where("kind", ReportKind.CUSTOM.value))
        rows = tx.store.select_columns(ReportRecord, ("report_id",), custom, order=("made_at", "report_id"))
        droppable = [str(report_id) for (report_id,) in rows if report_id not in sealed]
        for report_id in droppable[: max(0, len(droppable) + 1 - MOST_CUSTOM)]:
            tx.delete(ReportRecord, (record.unit, report_id))
            tx.delete(ReportCheckRecord, (record.unit, report_id))
    return record.report_id


def listed(tx: Tx, state: State, at: datetime, *, actor: Actor, schedule: Schedule) -> ReportList:
    """All of the office's, the latest period first."""
    need_office(actor, state, *LOOKS)
    seals = {row.report_id: row for row in _seals(tx, actor.unit)}
    rows = tx.store.select_columns(ReportRecord, _COLUMNS, (Where("unit", actor.unit),))
    reports = [
        _view(tx, state, row, seal=seals.get(str(row[0])), check=_check_of(tx, actor.unit, str(row[0]), whole=False))
        for row in rows
    ]
    reports.sort(key=lambda report: (report.last, report.first, report.made_at), reverse=True)
    waiting = _owed(tx.store, actor.unit, schedule, at)
    return ReportList(
        as_of=_seen(tx, at),
        office=state.rosters.current.view.unit(actor.unit).name,
        reports=tuple(reports),
        awaited=tuple(
            AwaitedReport(
                report_id=each.report_id, kind=each.kind, first=each.period.first, last=each.period.last,
                due_at=each.due_at,
            )
            for each in waiting
        ),
    )  # fmt: skip


def _seen(tx: Tx, at: datetime) -> AsOf:
    return as_of(tx.store, at)


def one(tx: Tx, state: State, at: datetime, *, actor: Actor, report_id: str) -> ReportView:
    """One with its seal and its last verification. Refusal NOT_FOUND."""
    del at
    need_office(actor, state, *LOOKS)
    where = (Where("unit", actor.unit), Where("report_id", report_id))
    rows = tx.store.select_columns(ReportRecord, _COLUMNS, where)
    if not rows:
        raise Refusal(Reason.NOT_FOUND)
    seal = tx.get(ReportSealRecord, (actor.unit, report_id))
    return _view(tx, state, rows[0], seal=seal, check=_check_of(tx, actor.unit, report_id, whole=True))


def content(tx: Tx, state: State, at: datetime, *, actor: Actor, report_id: str) -> ReportRecord:
    """Its row. Refusal NOT_FOUND."""
    del at
    need_office(actor, state, *LOOKS)
    found = tx.get(ReportRecord, (actor.unit, report_id))
    if found is None:
        raise Refusal(Reason.NOT_FOUND)
    return found


def _seals(tx: Tx, unit: str) -> Iterator[ReportSealRecord]:
    """All of an office's, without their PDFs."""
    for row in tx.store.select_columns(ReportSealRecord, _SEAL_COLUMNS, (Where("unit", unit),)):
        values: dict[str, Any] = dict(zip(_SEAL_COLUMNS, row, strict=True))  # Any: the columns of a record
        yield ReportSealRecord(**values, pdf=b"")


def _view(
    tx: Tx, state: State, row: tuple[object, ...], *, seal: ReportSealRecord | None, check: ReportCheck | None
) -> ReportView:
    report_id, kind, first, last, log_size, threads, digest, size, made_by, made_at = row
    return ReportView(
        report_id=str(report_id),
        kind=ReportKind(str(kind)),
        first=date.fromordinal(cast("int", first)),
        last=date.fromordinal(cast("int", last)),
        log_size=cast("int", log_size),
        threads=cast("int", threads),
        digest=str(digest),
        size=cast("int", size),
        made_by=str(made_by),
        made_by_name=name_of_staff(tx, state.vault, str(made_by)) if made_by else "",
        made_at=from_us(cast("int", made_at)),
        seal=_seal_view(tx, state, seal) if seal is not None else None,
        check=check,
    )


# verification


@dataclass(frozen=True, slots=True)
class Found:
    """What is kept of a verification."""

    check: ReportCheck
    unit: str
    report_id: str


def note_check(tx: Tx, state: State, at: datetime, *, found: Found) -> None:
    """Keep what came of it, in place of the last one; nothing where the report was dropped meanwhile."""
    del state
    if tx.get(ReportRecord, (found.unit, found.report_id)) is None:
        return
    check, online = found.check, found.check.online
    told = check.differences[:MOST_KEPT_DIFFERENCES]
    data: dict[str, object] = {
        "threads": check.threads,
        "entries": check.entries,
        "left_out": check.left_out + len(check.differences) - len(told),
        "differences": [difference_json(each) for each in told],
    }
    if online is not None:
        data["online"] = {
            "state": online.state.value,
            "log_size": online.log_size,
            "leaves": online.leaves,
            "differences": [difference_json(each) for each in online.differences[:MOST_KEPT_DIFFERENCES]],
        }
    tx.put(
        ReportCheckRecord(
            unit=found.unit,
            report_id=found.report_id,
            equal=check.equal,
            found=json.dumps(data, sort_keys=True).encode(),
            checked_by=check.checked_by,
            checked_at=to_us(at),
        )
    )


def _check_of(tx: Tx, unit: str, report_id: str, *, whole: bool) -> ReportCheck | None:
    record = tx.get(ReportCheckRecord, (unit, report_id))
    if record is None:
        return None
    data = json.loads(record.found)
    online = data.get("online")
    return ReportCheck(
        state=CheckState.DONE,
        equal=record.equal,
        threads=data["threads"],
        entries=data["entries"],
        differences=tuple(_differences(data["differences"])) if whole else (),
        left_out=data["left_out"] if whole else data["left_out"] + len(data["differences"]),
        online=Online(
            state=OnlineState(online["state"]),
            log_size=online["log_size"],
            leaves=online["leaves"],
            differences=tuple(_differences(online["differences"])) if whole else (),
        )
        if online is not None
        else None,
        checked_by=record.checked_by,
        checked_at=from_us(record.checked_at),
    )


def _differences(told: list[dict[str, object]]) -> Iterator[Difference]:
    for each in told:
        yield Difference(**{"where": "", **each})  # type: ignore[arg-type]  # as `difference_json` wrote them


# the e-seal


def submit(tx: Tx, state: State, at: datetime, *, actor: Actor, report_id: str) -> ReportView:
    """Submit a report for the seal; one that was submitted stays so. Refusal NOT_FOUND, ROLE_MISSING."""
    need_office(actor, state, *MAKES)
    content(tx, state, at, actor=actor, report_id=report_id)
    if tx.get(ReportSealRecord, (actor.unit, report_id)) is None:
        acting = acting_as(actor, *MAKES)
        tx.put(
            ReportSealRecord(
                unit=actor.unit,
                report_id=report_id,
                submitted_by=actor.staff_id,
                submitted_for=acting.staff_id if acting is not None else "",
                submitted_at=to_us(at),
                pdf=b"",
                digest=b"",
                unsealed_digest=b"",
                unsealed_size=0,
                sealed_by="",
                sealed_for="",
                sealed_at=0,
            )
        )
    return one(tx, state, at, actor=actor, report_id=report_id)


def may_seal(tx: Tx, state: State, at: datetime, *, actor: Actor, report_id: str) -> ReportSeal:
    """The actor may have the seal set now, or it is set already.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING (also where the unit keeps the seal for its seal holder), NOT_ALLOWED for one
            that nobody submitted, FOUR_EYES for who submitted or made it, also through a deputy.
    """
    return _seal_view(tx, state, _sealable(tx, state, at, actor, report_id))


def _sealable(tx: Tx, state: State, at: datetime, actor: Actor, report_id: str) -> ReportSealRecord:
    need_office(actor, state, Role.SEAL_HOLDER, Role.APPROVER)
    need_seal(tx, actor)
    report = content(tx, state, at, actor=actor, report_id=report_id)
    record = tx.get(ReportSealRecord, (actor.unit, report_id))
    if record is None:
        raise Refusal(Reason.NOT_ALLOWED, state="not_submitted")
    makers = {record.submitted_by, record.submitted_for, report.made_by} - {""}
    must_be_apart(actor, acting_as(actor, *sealing_roles(tx, actor.unit), apart_from=makers), makers)
    return record


def keep_sealed(
    tx: Tx, state: State, at: datetime, *, actor: Actor, report_id: str, pdf: bytes, unsealed_size: int
) -> ReportSeal:
    """Keep what the program gave back; the first one counts. Refusal as `may_seal`, TOO_LARGE, INVALID_INPUT."""
    record = _sealable(tx, state, at, actor, report_id)
    if record.sealed_at:
        return _seal_view(tx, state, record)
    if len(pdf) > MOST_PDF or not 0 < unsealed_size < len(pdf):
        raise Refusal(Reason.TOO_LARGE if len(pdf) > MOST_PDF else Reason.INVALID_INPUT, field="pdf")
    makers = {record.submitted_by, record.submitted_for} - {""}
    acting = acting_as(actor, *sealing_roles(tx, actor.unit), apart_from=makers)
    sealed = replace(
        record,
        pdf=pdf,
        digest=sha256(pdf).digest(),
        unsealed_digest=sha256(pdf[:unsealed_size]).digest(),
        unsealed_size=unsealed_size,
        sealed_by=actor.staff_id,
        sealed_for=acting.staff_id if acting is not None else "",
        sealed_at=to_us(at),
    )
    tx.put(sealed)
    return _seal_view(tx, state, sealed)


def sealed_pdf(tx: Tx, state: State, at: datetime, *, actor: Actor, report_id: str) -> bytes:
    """The sealed PDF. Refusal NOT_FOUND."""
    content(tx, state, at, actor=actor, report_id=report_id)
    record = tx.get(ReportSealRecord, (actor.unit, report_id))
    if record is None or not record.sealed_at:
        raise Refusal(Reason.NOT_FOUND)
    return record.pdf


def _seal_view(tx: Tx, state: State, record: ReportSealRecord) -> ReportSeal:
    return ReportSeal(
        submitted_by=record.submitted_by,
        submitted_by_name=name_of_staff(tx, state.vault, record.submitted_by),
        submitted_at=from_us(record.submitted_at),
        sealed_by=record.sealed_by,
        sealed_by_name=name_of_staff(tx, state.vault, record.sealed_by) if record.sealed_by else "",
        sealed_at=from_us(record.sealed_at) if record.sealed_at else None,
        digest=record.digest.hex(),
        unsealed_digest=record.unsealed_digest.hex(),
        unsealed_size=record.unsealed_size,
    )
