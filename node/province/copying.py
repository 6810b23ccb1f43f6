"""Writing down what was verified: the copy's rows, the chain of each thread, and its course, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from typing import Any

from delegation.codes import ThreadType
from delegation.course import Course, advanced, certified
from delegation.errors import Reason, Refusal
from node import parts
from node.alarms import raise_alarm
from node.province.counted import province_of, record_of
from node.province.course_bytes import read_course
from node.province.standing import VERIFIED, Standing, read_standing, write_standing
from node.province.verifying import Checked, Item
from node.records import Value
from node.records_province import CourseRecord, WatchedRecord
from node.state import State
from node.store import Op, Store, Where
from node.writer import Tx

_PARKED_AT_ONCE = 256
_COLUMNS = tuple(each.name for each in fields(CourseRecord))


@dataclass(slots=True)
class _Thread:
    """One thread while a page is taken over."""

    row: CourseRecord | None
    course: Course | None
    sequence: int
    digest: bytes
    changed: bool = False
    doubted: bool = False
    provinces: set[str] = field(default_factory=set)  # of every leg that was folded since the row


@dataclass(slots=True)
class _Page:
    """What a page met in the store, read at once, and what came of it.

    Only the copy writes these rows, one page after the other: the store has every one that was written before.
    """

    held: dict[tuple[str, int], tuple[str, bytes]]  # reason and entry of what was told before
    rows: dict[str, CourseRecord]
    counted: int = 0
    parked: int = 0
    threads: dict[str, _Thread] = field(default_factory=dict)


def _met(store: Store, page: Sequence[Checked]) -> _Page:
    leaves = sorted({checked.item.leaf for checked in page})
    threads = sorted({checked.item.thread_id for checked in page})
    held = store.select_in(WatchedRecord, ("thread_id", "leaf", "reason", "entry"), "leaf", leaves)
    rows = (CourseRecord(**dict(zip(_COLUMNS, row, strict=True))) for row in _rows(store, threads))
    return _Page(
        {(str(thread_id), int(leaf or 0)): (str(reason), _bytes(entry)) for thread_id, leaf, reason, entry in held},
        {row.thread_id: row for row in rows},
    )


def _rows(store: Store, threads: Sequence[str]) -> list[tuple[Any, ...]]:  # Any: the columns of a record
    return store.select_in(CourseRecord, _COLUMNS, "thread_id", threads)


def _bytes(value: Value) -> bytes:
    return bytes(value) if isinstance(value, bytes) else b""


def take_page(
    tx: Tx, state: State, at: datetime, *, page: Sequence[Checked], standing: Standing | None
) -> tuple[int, int]:
    """Take over a page in its order; gives how many were counted and how many were parked, with an alarm a thread."""
    taken = _met(tx.store, page)
    for checked in page:
        _take(tx, state, at, checked, taken)
    for thread in taken.threads.values():
        if thread.changed and thread.course is not None:
            number = state.number("courses")
            met = frozenset(thread.provinces)
            tx.put(record_of(thread.course, change=number, entry_digest=thread.digest, before=thread.row, met=met))
    if standing is not None:
        write_standing(tx, standing)
    return taken.counted, taken.parked


def parked_items(tx: Tx, state: State, at: datetime) -> list[Item]:
    """What was parked, oldest first: to be looked at once more."""
    del state, at
    where = (Where("reason", "", Op.GT),)
    rows = tx.select(WatchedRecord, where, order=("leaf",), limit=_PARKED_AT_ONCE)
    return [Item(row.leaf, row.thread_id, row.header, parts.split_all(row.signatures), row.entry) for row in rows]


def where_to_begin(tx: Tx, state: State, at: datetime) -> int:
    """The leaf to watch from: where the copy ends, or behind the last verified entry of a thread with doubtful ones.

    What is missing between the two may be told this time.
    """
    del state, at
    standing = read_standing(tx.store)
    if standing is None:
        return 0
    parked = tx.select(WatchedRecord, (Where("reason", "", Op.GT),), order=("leaf",), limit=_PARKED_AT_ONCE)
    rows = (tx.get(CourseRecord, (thread_id,)) for thread_id in {each.thread_id for each in parked})
    ends = [read_course(row.course).leaf + 1 if row is not None else 0 for row in rows]
    return min([standing.next_leaf, *ends])


def _take(tx: Tx, state: State, at: datetime, checked: Checked, taken: _Page) -> None:
    item = checked.item
    reason, entry_held = taken.held.get((item.thread_id, item.leaf), (None, b""))
    if reason == "":
        if entry_held != item.entry:  # what was verified stays; two contents of one leaf are the registry's to explain
            _alarm(tx, state, at, checked.doubted(Refusal(Reason.ENTRY_MISMATCH, why="two_contents")))
        return
    thread = _thread(tx, taken, item.thread_id)
    if not checked.reason:
        try:
            _fold(thread, checked)
        except Refusal as refusal:
            checked = checked.doubted(refusal)
    if checked.reason:
        taken.parked += 1
        if not thread.doubted and reason != checked.reason:
            _alarm(tx, state, at, checked)
        thread.doubted = True
    else:
        taken.counted += 1
    entry, header = checked.entry, checked.header
    tx.put(
        WatchedRecord(
            thread_id=item.thread_id,
            leaf=item.leaf,
            sequence=entry.thread_sequence if entry is not None else 0,
            kind=int(header.kind) if header is not None else 0,
            header=item.header,
            signatures=parts.join(*item.signatures),
            entry=item.entry,
            reason=checked.reason,
        )
    )
    taken.held[item.thread_id, item.leaf] = checked.reason, item.entry


def _thread(tx: Tx, taken: _Page, thread_id: str) -> _Thread:
    found = taken.threads.get(thread_id)
    if found is None:
        row = taken.rows.get(thread_id)
        if row is not None:
            course = read_course(row.course)
            found = _Thread(row, course, course.sequence, row.entry_digest)
        else:
            found = _Thread(None, None, *_end_of(tx, thread_id))
        taken.threads[thread_id] = found
    return found


def _end_of(tx: Tx, thread_id: str) -> tuple[int, bytes]:
    """Of a thread without a course, another than a delegation's: its last verified entry."""
    where = (Where("thread_id", thread_id), VERIFIED)
    for last in tx.select(WatchedRecord, where, order=("sequence",), descending=True, limit=1):
        if last.sequence:
            return last.sequence, sha256(last.entry).digest()
    return 0, b""


def _fold(thread: _Thread, checked: Checked) -> None:
    entry, header = checked.entry, checked.header
    if entry is None or thread.doubted:
        raise Refusal(Reason.ENTRY_MISMATCH, why="chain")
    if header is None:
        if thread.course is not None:
            thread.course = certified(thread.course, entry)
            thread.changed = True
        return
    if entry.thread_sequence != thread.sequence + 1 or entry.previous_entry_digest != thread.digest:
        raise Refusal(Reason.ENTRY_MISMATCH, why="chain")
    if header.thread_type is ThreadType.DELEGATION:
        thread.course = advanced(thread.course, header, entry)
        thread.provinces |= {province_of(thread.course.home_unit), province_of(thread.course.host_unit)}
        thread.changed = True
    thread.sequence, thread.digest = entry.thread_sequence, entry.digest


def _alarm(tx: Tx, state: State, at: datetime, checked: Checked) -> None:
    raise_alarm(
        tx,
        Reason.ENTRY_MISMATCH,
        at=at,
        number=state.number("alarms"),
        thread_id=checked.item.thread_id,
        details={"reason": checked.reason, "why": checked.why, "leaf_index": str(checked.item.leaf)},
        proof=checked.item.entry,
    )
