"""Alerts as rows: what follows from a look is one transaction with what is to be told of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from delegation.errors import Reason, Refusal
from delegation.values import replaced
from node.province.alert_ports import AlertView
from node.province.alert_rules import MOST_OPEN, Condition, Identity, Standing, Steps
from node.province.alert_settings import AlertSettings, Rule
from node.records import Value, from_us, to_us
from node.records_province import AlertRecord, AlertTellingRecord
from node.store import Op, Store, Where
from node.writer import Tx

RAISED, REMINDED, ENDED = "raised", "reminded", "ended"
_STANDS: Final = -(1 << 62)  # places below it stand; instants are far smaller
_MOST_STANDING: Final = len(Rule) * (MOST_OPEN + 1)
_MOST_WAITING: Final = 1_000  # rows looked at for one call
_MOST_FORGOTTEN: Final = 500  # old rows dropped in one look
_MOST_TOKEN: Final = 128
_COLUMNS: Final = tuple(each.name for each in fields(AlertRecord))


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell."""

    what: str
    alert: AlertRecord


@dataclass(frozen=True, slots=True)
class Call:
    """What goes out together, under one number for good."""

    number: str
    told: tuple[Told, ...]


def alert_id_of(unit: str, identity: Identity, raised_at: datetime) -> str:
    """The number of an alert: nothing else has it, and writing it twice writes one row."""
    named = "\n".join((unit, identity.rule.value, identity.subject, str(to_us(raised_at))))
    return sha256(named.encode()).hexdigest()[:24]


def identity_of(record: AlertRecord) -> Identity:
    """Which alert it is."""
    return Identity(Rule(record.rule), record.subject)


def standing_of(tx: Tx, unit: str) -> dict[Identity, AlertRecord]:
    """What stands of an office."""
    where = (Where("unit", unit), Where("place", _STANDS, Op.LT))
    return {identity_of(row): row for row in tx.select(AlertRecord, where, limit=_MOST_STANDING)}


def as_standing(rows: Mapping[Identity, AlertRecord]) -> dict[Identity, Standing]:
    """As the rules take it."""
    return {identity: Standing(row.number, from_us(row.told_at)) for identity, row in rows.items()}


def take_steps(
    tx: Tx,
    unit: str,
    rows: Mapping[Identity, AlertRecord],
    follows: Steps,
    *,
    now: datetime,
    ways: Sequence[str],
    settings: AlertSettings,
) -> None:
    """Write what follows from a look, and for each way out what is to be told of it."""
    at = to_us(now)
    for condition in follows.raised:
        raised = _row(unit, condition, _free(tx, unit, condition.identity, now))
        tx.put(raised)
        _queue(tx, raised, RAISED, at, ways, settings)
    for condition in follows.renewed:
        row = rows[condition.identity]
        tx.put(replaced(row, number=condition.number, before=condition.before, due_day=_day(condition.due)))
    for identity in follows.reminded:
        row = tx.get(AlertRecord, (rows[identity].alert_id,)) or rows[identity]
        tx.put(replaced(row, told_at=at))
        _queue(tx, row, f"{REMINDED}/{at}", at, ways, settings)
    for identity in follows.ended:
        row = rows[identity]
        tx.put(replaced(row, ended_at=at, place=-at))
        if settings.tell_ended:
            _queue(tx, row, ENDED, at, ways, settings)
    _forget(tx, unit, to_us(now - timedelta(days=settings.keep_days)))


def _free(tx: Tx, unit: str, identity: Identity, now: datetime) -> datetime:
    """The instant, or one just after it: a clock that stands still or goes back must not write over what ended."""
    while tx.get(AlertRecord, (alert_id_of(unit, identity, now),)) is not None:
        now += timedelta(microseconds=1)
    return now


def _row(unit: str, condition: Condition, now: datetime) -> AlertRecord:
    at = to_us(now)
    return AlertRecord(
        alert_id=alert_id_of(unit, condition.identity, now),
        unit=unit,
        place=_STANDS - at,
        rule=condition.rule.value,
        subject=condition.subject,
        thread_id=condition.thread_id,
        about=condition.unit,
        number=condition.number,
        before=condition.before,
        due_day=_day(condition.due),
        raised_at=at,
        told_at=at,
        ended_at=0,
        seen_by="",
        seen_at=0,
    )


def _day(due: date | None) -> int:
    return due.toordinal() if due is not None else 0


def _queue(tx: Tx, row: AlertRecord, what: str, at: int, ways: Sequence[str], settings: AlertSettings) -> None:
    urgent = Rule(row.rule) in settings.urgent
    for way in ways:
        tx.put(
            AlertTellingRecord(
                way=way,
                alert_id=row.alert_id,
                what=what,
                urgent=urgent,
                queued_at=at,
                call="",
                attempts=0,
                tried_at=0,
                fault="",
            )
        )


def _forget(tx: Tx, unit: str, before: int) -> None:
    """Drop what ended long ago. Places of what ended are minus their instants."""
    for row in tx.select(AlertRecord, (Where("unit", unit), Where("place", -before, Op.GT)), limit=_MOST_FORGOTTEN):
        tx.delete(AlertRecord, (row.alert_id,))


# what is told


def take_call(tx: Tx, way: str, *, urgent: bool, most: int, now: datetime, number: str) -> Call | None:
    """What goes out next on a way: the call that was begun, else one of the oldest rows under a new `number`."""
    where = (Where("way", way), Where("urgent", urgent))
    rows = tx.select(AlertTellingRecord, where, order=("queued_at", "alert_id", "what"), limit=_MOST_WAITING)
    begun = next((row.call for row in rows if row.call), "")
    chosen = [row for row in rows if row.call == begun] if begun else rows[:most]
    told: list[Told] = []
    for row in chosen:
        alert = tx.get(AlertRecord, (row.alert_id,))
        if alert is None:  # dropped for its age, or by hand: there is nothing left to tell
            tx.delete(AlertTellingRecord, (way, row.alert_id, row.what))
            continue
        tx.put(replaced(row, call=begun or number, tried_at=to_us(now)))
        told.append(Told(row.what.partition("/")[0], alert))
    return Call(begun or number, tuple(told)) if told else None


def call_told(tx: Tx, way: str, number: str) -> None:
    """A call was taken: its rows go."""
    for row in tx.select(AlertTellingRecord, (Where("way", way), Where("call", number))):
        tx.delete(AlertTellingRecord, (way, row.alert_id, row.what))


def call_failed(tx: Tx, way: str, number: str, fault: str) -> None:
    """A call was not taken, and why: a status or the kind of error, never an address or an answer."""
    for row in tx.select(AlertTellingRecord, (Where("way", way), Where("call", number))):
        tx.put(replaced(row, attempts=row.attempts + 1, fault=fault))


def drop_other_ways(tx: Tx, ways: Iterable[str]) -> None:
    """Forget what waits for ways that the settings name no longer."""
    kept = set(ways)
    for way, _ in tx.store.tally(AlertTellingRecord, ("way",)):
        if way not in kept:
            for row in tx.select(AlertTellingRecord, (Where("way", way),), limit=_MOST_WAITING * 100):
                tx.delete(AlertTellingRecord, (row.way, row.alert_id, row.what))


def waiting_on(store: Store, way: str) -> tuple[int, int, str]:
    """How much waits on a way, how often its call has failed, and why the last time."""
    failing = store.select(
        AlertTellingRecord, (Where("way", way), Where("attempts", 0, Op.GT)), order=("attempts",), descending=True,
        limit=1,
    )  # fmt: skip
    attempts, fault = (failing[0].attempts, failing[0].fault) if failing else (0, "")
    return store.count(AlertTellingRecord, (Where("way", way),)), attempts, fault


# what is shown


def listed(
    store: Store, unit: str, *, rule: Rule | None, standing: bool, page_token: str, limit: int
) -> tuple[list[AlertRecord], str]:
    """A page, and the token of the next one. Refusal INVALID_INPUT (page_token)."""
    where = [Where("unit", unit)]
    if rule is not None:
        where.append(Where("rule", rule.value))
    if standing:
        where.append(Where("place", _STANDS, Op.LT))
    rows = store.select_columns(
        AlertRecord, _COLUMNS, where, order=("place", "alert_id"), after=_after(page_token), limit=limit + 1
    )
    found = [_record(row) for row in rows]
    token = f"{found[limit - 1].place}.{found[limit - 1].alert_id}" if len(found) > limit else ""
    return found[:limit], token


def _record(row: tuple[Value, ...]) -> AlertRecord:
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))  # Any: columns of the record, by name
    return AlertRecord(**values)


def _after(token: str) -> tuple[Value, ...] | None:
    if not token:
        return None
    place, _, alert_id = token.partition(".")
    number = place.removeprefix("-")
    if len(token) > _MOST_TOKEN or not (number.isascii() and number.isdigit() and len(number) < 20) or not alert_id:
        raise Refusal(Reason.INVALID_INPUT, field="page_token")
    return int(place), alert_id


def counts_of(store: Store, unit: str) -> tuple[dict[Rule, int], int]:
    """What stands by rule, and how much of it nobody saw."""
    where = (Where("unit", unit), Where("place", _STANDS, Op.LT))
    by_rule = {Rule(str(rule)): int(count or 0) for rule, count in store.tally(AlertRecord, ("rule",), where)}
    return by_rule, store.count(AlertRecord, (*where, Where("seen_at", 0)))


def view_of(row: AlertRecord, settings: AlertSettings) -> AlertView:
    """As pages and API show it."""
    return AlertView(
        alert_id=row.alert_id,
        rule=Rule(row.rule),
        thread_id=row.thread_id,
        unit=row.about,
        number=row.number,
        before=row.before,
        due=date.fromordinal(row.due_day) if row.due_day else None,
        urgent=Rule(row.rule) in settings.urgent,
        raised_at=from_us(row.raised_at),
        reminded_at=from_us(row.told_at) if row.told_at > row.raised_at else None,
        ended_at=from_us(row.ended_at) if row.ended_at else None,
        seen_by=row.seen_by,
        seen_at=from_us(row.seen_at) if row.seen_at else None,
    )


def seen(row: AlertRecord, *, by: str, at: int) -> AlertRecord:
    """The alert, seen by a person."""
    return replaced(row, seen_by=by, seen_at=at)
