"""Deleting a delegation's content: its data key goes, and with it every body, name and file; the signed trace stays.

A former host, whose part ended without any investigation, deletes what it had opened after 30 days (办法 Art 24 keeps
the trace; protocol 11). Which threads these are is told by what this node itself applied: it receives nothing of the
later legs.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from delegation.table import State as Legal
from node.records import EntryRecord, LookupRecord, MaterialRecord, MoveRecord, OutboxRecord, ThreadRecord, from_us
from node.records_archive import SealedPaperRecord
from node.state import Held, State
from node.store import Op, Where
from node.threads import keep, load
from node.writer import Tx

FORMER_HOST_KEEPS: Final = timedelta(days=30)
_PAGE: Final = 500


def purge_content(tx: Tx, state: State, held: Held, *, at: datetime) -> list[str]:
    """Delete the data key and what a case is found by. Gives the materials whose files the caller drops after that.

    NOT checked: that it may go, and that nothing is queued.
    """
    thread_id = held.thread_id
    state.vault.purge(tx, thread_id)
    for lookup in tx.select(LookupRecord, (Where("thread_id", thread_id),)):
        tx.delete(LookupRecord, (lookup.digest, lookup.thread_id))
    for move in tx.select(MoveRecord, (Where("thread_id", thread_id),)):
        tx.delete(MoveRecord, (move.move_id,))
    for paper in tx.select(SealedPaperRecord, (Where("thread_id", thread_id),)):
        tx.delete(SealedPaperRecord, (paper.thread_id, paper.unit, paper.code, paper.sequence))
    files = tx.select(MaterialRecord, (Where("subject_id", thread_id),), limit=10_000)
    for record in files:
        tx.put(replace(record, state="gone", secret=b""))
    tx.remember(state.facts, thread_id, False)
    keep(tx, state, replace(held, record=replace(held.record, purged=True, secret=b"")), at=at)
    return [record.material_id for record in files]


def part_ended(tx: Tx, state: State, held: Held) -> datetime | None:
    """When the part of our unit as host ended without investigation; None while it lasts, or once it investigated.

    It ended when another unit was named: by our own transfer, by a designation, or by a succession in the roster.
    """
    thread = held.thread
    if thread is None or thread.home_unit in state.units or not set(held.roles.values()) <= {"host", "former_host"}:
        return None
    ours = [former for former in thread.former_hosts if former.unit in state.units]
    if thread.work.investigated or any(former.investigated for former in ours):
        return None
    if thread.host_unit in state.units:
        handed_on = thread.state is Legal.TRANSFERRED or (
            thread.state is Legal.AWAITING_DESIGNATION and thread.work.designated not in {"", thread.host_unit}
        )
        if not handed_on:
            return _succeeded(state, held)
    last = tx.select(EntryRecord, (Where("thread_id", held.thread_id),), order=("sequence",), descending=True, limit=1)
    return from_us(last[0].accepted_at) if last else None


def _succeeded(state: State, held: Held) -> datetime | None:
    """Since when another bureau's unit stands for our unit by the roster, at midnight UTC of that day."""
    thread, view = held.thread, state.rosters.current.view
    if thread is None or thread.host_unit not in view.units:
        return None
    heirs = [each for each in view.units[thread.host_unit].successions if not each.places]
    if not heirs or any(each.unit in state.units for each in heirs):
        return None
    on = max(each.on for each in heirs)
    return datetime.combine(on, datetime.min.time(), tzinfo=state.rosters.current.statement.issued_at.tzinfo)


def former_hosts(tx: Tx, state: State, at: datetime, *, after: str) -> list[str]:
    """Threads, in order and at most a page, whose last change is old enough to look at."""
    del state, at
    where = (Where("purged", False), Where("thread_id", after, Op.GT))
    return [record.thread_id for record in tx.select(ThreadRecord, where, order=("thread_id",), limit=_PAGE)]


def purge_former(tx: Tx, state: State, at: datetime, *, thread_id: str) -> list[str] | None:
    """Delete a former host's content when its 30 days are over. The files to drop; None when it stays."""
    held = load(tx, state, thread_id)
    if held is None or held.pending or held.record.purged:
        return None
    ended = part_ended(tx, state, held)
    if ended is None or at < ended + FORMER_HOST_KEEPS:
        return None
    if tx.select(OutboxRecord, (Where("thread_id", thread_id), Where("state", "queued")), limit=1):
        return None
    return purge_content(tx, state, held, at=at)
