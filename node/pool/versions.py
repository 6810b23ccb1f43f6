"""Versions of a pool: frozen with salts of their own, committed to by an envelope of two people, told apart.

The envelope (POOL_COMMITTED) declares root, size and number alone; the frozen copy with names and salts stays here, so
that a later draw, and a court, can open any expert of it. Salts are drawn for each version anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from delegation.codes import Kind, ThreadType
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.bodies import Hands
from node.desk.beginnings import empty_record
from node.desk.deputies import name_of_staff
from node.desk.hands import handler_of
from node.desk.moves import SOMEBODY, composed_move, move_secret
from node.desk.ports import Actor, Role
from node.ids import uuid7
from node.pool.experts import SEES, all_of, need_pool, pool_of, state_of, subject
from node.pool.frozen import (
    differences,
    differs,
    freeze,
    frozen_of,
    secret_row,
    settled,
    written,
)
from node.pool.rows import COMPARED
from node.pool.views import PoolVersionPage, PoolVersionView, PoolView
from node.records import MoveRecord, PartyRecord, from_us, to_us
from node.records_pool import PoolRecord, PoolVersionRecord
from node.state import Held, State
from node.threads import keep, must_load
from node.writer import Tx

PREPARES: Final = (Role.CLERK, Role.APPROVER)
_WAITING: Final = ("prepared", "reviewed", "draft")
_MOST_VERSIONS: Final = 1000


def prepare(tx: Tx, state: State, at: datetime, *, actor: Actor) -> PoolVersionView:
    """Freeze the pool and prepare its envelope; approved, sealed and queued as any act of two people.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING; NOT_ALLOWED with `state`: no_appraisal_unit, empty, unchanged, queued.
    """
    need_pool(actor, state, *PREPARES)
    pool = pool_of(tx, actor.unit)
    experts = all_of(tx, state, actor.unit)
    committed = settled(tx, actor.unit)
    last = next((each for each in committed if each.state == "committed"), None)
    if not experts:
        raise Refusal(Reason.NOT_ALLOWED, state="empty")
    if last is not None and not differs(tx, state, last, pool.content):
        raise Refusal(Reason.NOT_ALLOWED, state="unchanged")
    held = _own_thread(tx, state, at, actor, pool)
    if held.pending:
        raise Refusal(Reason.NOT_ALLOWED, state="queued")
    _drop_waiting(tx, committed)
    rows = tuple({name: kept.content.get(name, "") for name in COMPARED} for kept in experts)
    frozen = freeze(rows)
    root = frozen.tree.root
    version = (held.thread.pool_version if held.thread is not None else 0) + 1
    raw = {"to": [], "declared": {"root": root.hex(), "size": len(rows), "version": version}}
    move = MoveRecord(
        move_id=uuid7(at),
        thread_id=held.thread_id,
        unit=actor.unit,
        kind=int(Kind.POOL_COMMITTED),
        version=1,
        state="prepared",
        secret=b"",
        prepared_by=actor.staff_id,
        prepared_at=to_us(at),
    )
    record = PoolVersionRecord(
        unit=actor.unit,
        root=root,
        version=version,
        size=len(rows),
        content=pool.content,
        state="prepared",
        thread_id=held.thread_id,
        move_id=move.move_id,
        secret=state.vault.seal(tx, subject(actor.unit), secret_row(actor.unit, root), written(frozen)),
        prepared_by=actor.staff_id,
        prepared_at=to_us(at),
        logged_at=0,
    )
    tx.put(record)
    hands = Hands(handler=handler_of(actor, among=PREPARES), approver=SOMEBODY)
    composed_move(tx, state, held, unit=actor.unit, kind=Kind.POOL_COMMITTED, raw=raw, hands=hands, at=at)
    tx.put(replace(move, secret=move_secret(tx, state, held.thread_id, move.move_id, raw, actor, among=PREPARES)))
    keep(tx, state, held, at=at)
    state.pools.keep_frozen(root, frozen)
    return _view(tx, state, record)


def _own_thread(tx: Tx, state: State, at: datetime, actor: Actor, pool: PoolRecord) -> Held:
    """The unit's own thread, begun with the first version that anyone prepares."""
    if pool.thread_id:
        return must_load(tx, state, pool.thread_id, unit=actor.unit)
    thread_id = uuid7(at)
    began = empty_record(thread_id, ThreadType.UNIT, actor.unit, actor.unit)
    held = Held(
        record=replace(began, created_at=to_us(at), changed_at=to_us(at)), thread=None, roles={actor.unit: "home"}
    )
    state.known.load(thread_id, {})
    tx.put(PartyRecord(actor.unit, thread_id, "home"))
    tx.put(replace(pool, thread_id=thread_id))
    return held


def _drop_waiting(tx: Tx, records: Sequence[PoolVersionRecord]) -> None:
    for record in records:
        if record.state != "prepared":
            continue
        move = tx.get(MoveRecord, (record.move_id,))
        if move is not None and move.state in _WAITING:
            tx.put(replace(move, state="dropped", version=move.version + 1))
        tx.put(replace(record, state="dropped"))


def _view(tx: Tx, state: State, record: PoolVersionRecord) -> PoolVersionView:
    move = tx.get(MoveRecord, (record.move_id,))
    waits = move is not None and move.state in _WAITING and record.state == "prepared"
    return PoolVersionView(
        version=record.version,
        state="queued" if record.state == "prepared" and not waits else record.state,
        root=record.root.hex(),
        size=record.size,
        prepared_by=record.prepared_by,
        prepared_by_name=name_of_staff(tx, state.vault, record.prepared_by),
        prepared_at=from_us(record.prepared_at),
        logged_at=from_us(record.logged_at) if record.logged_at else None,
        thread_id=record.thread_id,
        move_id=record.move_id,
        move_version=move.version if move is not None and waits else 0,
    )


def list_all(tx: Tx, state: State, at: datetime, *, actor: Actor) -> tuple[PoolVersionView, ...]:
    """All that were prepared, the latest first."""
    del at
    need_pool(actor, state, *SEES)
    return tuple(_view(tx, state, record) for record in settled(tx, actor.unit))


def get(tx: Tx, state: State, at: datetime, *, actor: Actor, root: str) -> PoolVersionPage:
    """One by its root, with what it brought and what has changed since."""
    del at
    need_pool(actor, state, *SEES)
    try:
        wanted = bytes.fromhex(root)
    except ValueError as error:
        raise Refusal(Reason.NOT_FOUND) from error
    records = settled(tx, actor.unit)
    record = next((each for each in records if each.root == wanted), None)
    if record is None:
        raise Refusal(Reason.NOT_FOUND)
    earlier = [each for each in records if each.state == "committed" and each.version < record.version]
    here = frozen_of(tx, state, record).rows
    before = frozen_of(tx, state, earlier[0]).rows if earlier else ()
    now = tuple(kept.content for kept in all_of(tx, state, actor.unit))
    return PoolVersionPage(
        version=_view(tx, state, record),
        against=earlier[0].version if earlier else 0,
        brought=differences(before, here),
        since=differences(here, now),
    )


def summary(tx: Tx, state: State, at: datetime, *, actor: Actor) -> PoolView:
    """The pool as a whole."""
    need_pool(actor, state, *SEES)
    pool, experts = pool_of(tx, actor.unit), all_of(tx, state, actor.unit)
    records = settled(tx, actor.unit)
    last = next((each for each in records if each.state == "committed"), None)
    today = day_of(at)
    available = [kept.content for kept in experts if state_of(kept.content, today) == "available"]
    codes = [code for content in available for code in content["specialties"].split(",")]
    return PoolView(
        unit=actor.unit,
        experts=len(experts),
        available=len(available),
        version=last.version if last is not None else 0,
        changed=bool(experts) if last is None else differs(tx, state, last, pool.content),
        waiting_version=next((each.version for each in records if each.state == "prepared"), 0),
        thread_id=pool.thread_id,
        by_specialty=tuple((code, codes.count(code)) for code in sorted(set(codes))),
    )
