"""Versions of a pool as they were frozen: read again, and looked up by their roots and by what the log holds."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.draw_lists import list_tree, pool_leaf
from delegation.errors import Reason, Refusal
from delegation.model import PoolDeclared
from delegation.payloads import SALT_SIZE
from node.pool.cache import Frozen
from node.pool.experts import all_of, subject
from node.pool.rows import COMPARED, member_of
from node.pool.views import ExpertChange
from node.records import EntryRecord, MoveRecord
from node.records_pool import PoolVersionRecord
from node.state import State
from node.store import Where
from node.writer import Tx

_MOST_VERSIONS: Final = 1000


def secret_row(unit: str, root: bytes) -> str:
    """The name that a version's secret is authenticated with."""
    return f"pool_versions/{unit}/{root.hex()}/secret"


def freeze(rows: Sequence[Mapping[str, str]]) -> Frozen:
    """These experts with salts of their own, drawn now."""
    return _frozen(rows, os.urandom(SALT_SIZE * len(rows)))


def _frozen(rows: Sequence[Mapping[str, str]], drawn: bytes) -> Frozen:
    salts = tuple(drawn[start : start + SALT_SIZE] for start in range(0, len(drawn), SALT_SIZE))
    members = tuple(member_of(row) for row in rows)
    leaves = [pool_leaf(salt, each.expert) for salt, each in zip(salts, members, strict=True)]
    return Frozen(tuple(rows), members, salts, list_tree(leaves))


def written(frozen: Frozen) -> bytes:
    """A version as it is kept."""
    kept = {"names": COMPARED, "rows": [[row[name] for name in COMPARED] for row in frozen.rows]}
    return json.dumps({**kept, "salts": b"".join(frozen.salts).hex()}, ensure_ascii=False).encode()


def frozen_of(tx: Tx, state: State, record: PoolVersionRecord) -> Frozen:
    """A version as it was frozen. Refusal INTERNAL where what is stored does not lead to its root."""
    held = state.pools.frozen(record.root)
    if held is not None:
        return held
    secret = state.vault.open(tx, subject(record.unit), secret_row(record.unit, record.root), record.secret)
    kept = json.loads(secret)
    rows = tuple(dict(zip(kept["names"], row, strict=True)) for row in kept["rows"])
    frozen = _frozen(rows, bytes.fromhex(kept["salts"]))
    if frozen.tree.root != record.root:
        raise Refusal(Reason.INTERNAL, field="pool_version")
    state.pools.keep_frozen(record.root, frozen)
    return frozen


def _records(tx: Tx, unit: str) -> list[PoolVersionRecord]:
    found = tx.select(PoolVersionRecord, (Where("unit", unit),), limit=_MOST_VERSIONS)
    return sorted(found, key=lambda record: (record.version, record.prepared_at), reverse=True)


def settled(tx: Tx, unit: str) -> list[PoolVersionRecord]:
    """All versions, the latest first, with what has become of their envelopes noted."""
    records = _records(tx, unit)
    if not any(each.state == "prepared" for each in records):
        return records
    accepted = _accepted(tx, records)
    found = []
    for record in records:
        now = record
        if record.state == "prepared":
            move = tx.get(MoveRecord, (record.move_id,))
            if record.root in accepted:
                now = replace(record, state="committed", logged_at=accepted[record.root])
            elif move is None or move.state == "dropped":
                now = replace(record, state="dropped")
        if now is not record:
            tx.put(now)
        found.append(now)
    return found


def _accepted(tx: Tx, records: Sequence[PoolVersionRecord]) -> dict[bytes, int]:
    """Roots that the log holds, with the time of acceptance."""
    found = {}
    for thread_id in {record.thread_id for record in records if record.state == "prepared"}:
        where = (Where("thread_id", thread_id), Where("kind", int(Kind.POOL_COMMITTED)))
        for entry in tx.select(EntryRecord, where, limit=_MOST_VERSIONS):
            declared = parse_header(entry.header).declared
            if isinstance(declared, PoolDeclared):
                found[declared.root] = entry.accepted_at
    return found


def committed_version(tx: Tx, unit: str) -> PoolVersionRecord | None:
    """The last version of a unit that the log holds; None before the first."""
    return next((each for each in settled(tx, unit) if each.state == "committed"), None)


def version_by_root(tx: Tx, unit: str, root: bytes) -> PoolVersionRecord:
    """A version by its root. Refusal NOT_FOUND."""
    found = tx.get(PoolVersionRecord, (unit, root))
    if found is None:
        raise Refusal(Reason.NOT_FOUND)
    return found


def differences(before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]]) -> tuple[ExpertChange, ...]:
    """What is not the same in two states of a pool, in the order of numbers; notes are left out."""
    old, new = ({row["number"]: row for row in rows} for rows in (before, after))
    found = []
    for number in sorted(old.keys() | new.keys()):
        was, now = old.get(number), new.get(number)
        if was is None or now is None:
            row, what = (now, "added") if now is not None else (was, "removed")
            found.append(ExpertChange(what=what, number=number, name=(row or {})["name"], fields=()))
            continue
        fields = tuple(name for name in COMPARED if was.get(name, "") != now.get(name, ""))
        if fields:
            found.append(ExpertChange(what="changed", number=number, name=now["name"], fields=fields))
    return tuple(found)


def differs(tx: Tx, state: State, last: PoolVersionRecord, content: str) -> bool:
    """Whether the pool, marked `content` now, says otherwise than a version; notes do not count."""
    if last.content == content:
        return False
    now = tuple(kept.content for kept in all_of(tx, state, last.unit))
    return bool(differences(frozen_of(tx, state, last).rows, now))
