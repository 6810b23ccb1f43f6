"""The feed: which delegations changed after a number, each at its latest change, in the order of those changes.

Every change of a thread takes the next number (`ThreadRecord.change_number`) in the transaction that writes it, so the
order is that of the commits, survives restarts and needs no rows of its own: however long a reader was away, it finds
each delegation once, with the version that it has now. Hints alone: no state, no names; look the delegation up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from node.desk.guard import READS, need
from node.desk.ports import Actor
from node.desk.views import EventPage, EventView
from node.records import PartyRecord, ThreadRecord, from_us
from node.state import State
from node.store import Op, Where
from node.writer import Tx

CHANGED: Final = "delegation.changed"
MOST_EVENTS: Final = 500
_LOOKED_AT: Final = 2_000  # of other units of the node, too; the reader asks again from where it stopped
_COLUMNS: Final = ("change_number", "thread_id", "version", "changed_at")


@dataclass(frozen=True, slots=True)
class Changed:
    """One delegation at its latest change."""

    number: int
    thread_id: str
    version: int
    at: datetime


def changed_after(tx: Tx, number: int, *, limit: int) -> list[Changed]:
    """What changed after `number`, in order; of every unit of the node."""
    where = (Where("change_number", number, Op.GT),)
    rows = tx.store.select_columns(ThreadRecord, _COLUMNS, where, order=("change_number",), limit=limit)
    found = []
    for row in rows:
        change, thread_id, version, at = cast("tuple[int, str, int, int]", row)
        found.append(Changed(change, thread_id, version, from_us(at)))
    return found


def newest(tx: Tx) -> int:
    """The number of the latest change."""
    return tx.store.maximum(ThreadRecord, "change_number")


def events(tx: Tx, state: State, at: datetime, *, actor: Actor, after: int, limit: int) -> EventPage:
    """What changed for the actor's unit after a cursor; see DeskPort."""
    del at
    need(actor, state, *READS)
    wanted = max(1, min(limit, MOST_EVENTS))
    last, looked, more = max(0, after), 0, True
    found: list[EventView] = []
    while more and len(found) < wanted and looked < _LOOKED_AT:
        changes = changed_after(tx, last, limit=wanted + 1)
        more = len(changes) > wanted
        looked += len(changes)
        ids = [change.thread_id for change in changes]
        ours = {row[0] for row in tx.store.select_in(PartyRecord, ("thread_id",), "thread_id", ids, _of(actor))}
        for change in changes[:wanted]:
            if len(found) == wanted:
                more = True
                break
            last = change.number
            if change.thread_id in ours:
                found.append(_event(change))
    return EventPage(items=tuple(found), next_cursor=last, more=more)


def _of(actor: Actor) -> tuple[Where, ...]:
    return (Where("unit", actor.unit),)


def _event(change: Changed) -> EventView:
    return EventView(
        event=CHANGED, delegation_id=change.thread_id, version=change.version, at=change.at, cursor=change.number
    )
