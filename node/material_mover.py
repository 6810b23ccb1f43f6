"""Moves sealed chunks: what a queued envelope lists goes up before it, what an applied one lists comes down.

Both go on where they stopped: the registry says which chunks it holds, the folder which were received.
"""

import asyncio
import base64
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import monotonic

import structlog

from certs.chunks import ChunkError, check_leaf_hashes
from certs.protest import protest_ground
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.model import AcknowledgementStatus, Header
from node.acks import acknowledge
from node.alarms import raise_alarm
from node.link import Link
from node.materials import MaterialFolder
from node.queued import in_order
from node.records import EntryRecord, MaterialRecord
from node.sending import protest
from node.state import Held, State
from node.store import Op, Where
from node.threads import load
from node.writer import Tx, Writer
from xieban.federation.v1 import exchange_pb2 as exchange

_log = structlog.get_logger("node.materials")
_FIRST_DELAY, _MOST_DELAY = 1.0, 60.0
_DAMAGED = frozenset({Reason.MATERIAL_DAMAGED, Reason.MATERIAL_TYPE_REFUSED, Reason.TOO_LARGE})


@dataclass(frozen=True, slots=True)
class _Work:
    """One material to move, with what a download must match."""

    record: MaterialRecord
    key: bytes = b""
    size: int = 0
    sha256: bytes = b""


class MaterialMover:
    """Moves one material at a time; `move` does one and says whether there was one."""

    def __init__(self, *, folder: MaterialFolder, writer: Writer[State], state: State) -> None:
        self._folder = folder
        self._writer = writer
        self._state = state
        self._uploaded: set[str] = {
            str(row[0])
            for row in state.store.select_columns(MaterialRecord, ("material_id",), (Where("state", "uploaded"),))
        }
        self._later: dict[str, tuple[float, float]] = {}

    def all_uploaded(self, ids: Sequence[str]) -> bool:
        """Every material is at the registry; the courier may send what lists them."""
        return not ids or all(material_id in self._uploaded for material_id in ids)

    @property
    def next_try(self) -> float | None:
        """Seconds until a material that failed is tried again; None when none did."""
        now = monotonic()
        return max(0.1, min(when - now for when, _ in self._later.values())) if self._later else None

    def forget_uploads(self, tx: Tx, ids: Sequence[str]) -> None:
        """The registry does not have these after all."""
        for material_id in ids:
            record = tx.get(MaterialRecord, (material_id,))
            if record is not None and record.state == "uploaded":
                tx.put(replace(record, state="held"))
            self._uploaded.discard(material_id)

    async def move(self, link: Link) -> bool:
        """Move the next material."""
        work = await self._writer.run(partial(_next_work, skip=frozenset(self._waiting())))
        if work is None:
            return False
        material_id = work.record.material_id
        try:
            if work.record.state == "held":
                await self._upload(link, work.record)
            else:
                await self._download(link, work)
            self._later.pop(material_id, None)
        except Refusal as refusal:
            if refusal.reason in _DAMAGED:
                await self._writer.run(partial(_damaged, material_id=material_id, refusal=refusal))
                return True
            _, delay = self._later.get(material_id, (0.0, _FIRST_DELAY))
            self._later[material_id] = (monotonic() + delay, min(delay * 2, _MOST_DELAY))
            _log.info("material waits", reason=refusal.reason.value, material=material_id)
        return True

    def _waiting(self) -> list[str]:
        now = monotonic()
        return [material_id for material_id, (when, _) in self._later.items() if when > now]

    async def _upload(self, link: Link, record: MaterialRecord) -> None:
        leaves = _leaves(record.leaf_hashes)
        request = _upload_request(record)
        request.leaf_hashes.extend(leaves)
        answer = await link.upload(request)
        while not answer.complete:
            index = answer.held_chunks
            if index >= record.chunks:
                raise Refusal(Reason.MATERIAL_DAMAGED, why="registry")
            request = _upload_request(record)
            request.chunk_number = index
            request.chunk = await asyncio.to_thread(self._folder.sealed_chunk, record.material_id, index)
            answer = await link.upload(request)
            if answer.held_chunks <= index and not answer.complete:
                raise Refusal(Reason.UNAVAILABLE, status="no_progress")
        await self._writer.run(partial(_set_state, material_id=record.material_id, state_name="uploaded"))
        self._uploaded.add(record.material_id)

    @staticmethod
    def _checked(record: MaterialRecord, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
        """The chunks' hashes, if they came with this message. Refusal MATERIAL_DAMAGED when they are not the root's."""
        if not leaves:
            return ()
        try:
            check_leaf_hashes(tuple(leaves), root=record.root, sealed=record.sealed_size)
        except ChunkError as error:
            raise Refusal(Reason.MATERIAL_DAMAGED, why=str(error.code)) from error
        return tuple(leaves)

    async def _download(self, link: Link, work: _Work) -> None:
        record = work.record
        have = self._folder.received(record.material_id)
        leaves = _leaves(record.leaf_hashes)
        self._folder.check_space(record.sealed_size)
        if have < record.chunks or not leaves:
            request = exchange.DownloadMaterialRequest(
                unit=record.unit,
                thread_id=record.subject_id,
                material_id=record.material_id,
                from_chunk=min(have, record.chunks - 1),
            )
            async with aclosing(link.download(request)) as messages:
                async for message in messages:
                    leaves = self._checked(record, message.leaf_hashes) or leaves
                    await asyncio.to_thread(
                        partial(
                            self._folder.receive,
                            record.material_id,
                            message.chunk_number,
                            message.chunk,
                            sealed=record.sealed_size,
                            leaf_hashes=leaves,
                        )
                    )
        await asyncio.to_thread(
            partial(
                self._folder.complete,
                record.material_id,
                key=work.key,
                sealed=record.sealed_size,
                size=work.size,
                sha256=work.sha256,
            )
        )
        await self._writer.run(partial(_held, material_id=record.material_id))


def _upload_request(record: MaterialRecord) -> exchange.UploadMaterialRequest:
    request = exchange.UploadMaterialRequest(unit=record.uploader, thread_id=record.subject_id)
    request.material.material_id = record.material_id
    request.material.root = record.root
    request.material.sealed_size = record.sealed_size
    request.material.chunk_count = record.chunks
    return request


def _leaves(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[start : start + 32] for start in range(0, len(data), 32))


def _next_work(tx: Tx, state: State, at: datetime, *, skip: frozenset[str]) -> _Work | None:
    del at
    listed = (material_id for item in in_order(state.outbox.queued) for material_id in item.materials)
    place = {material_id: number for number, material_id in enumerate(listed)}
    held = tx.select(MaterialRecord, (Where("state", "held"), Where("envelope_id", "", Op.NE)), order=("added_at",))
    ready = (
        record
        for record in held
        if record.material_id in place and record.uploader in state.units and record.material_id not in skip
    )
    first = min(ready, key=lambda record: place[record.material_id], default=None)
    if first is not None:  # as its envelope goes: it waits for its files
        return _Work(first)
    for record in tx.select(MaterialRecord, (Where("state", "expected"),), order=("added_at",)):
        if record.material_id in skip:
            continue
        info = facts_of(tx, state, record)
        return _Work(
            record,
            key=base64.b64decode(str(info.get("key", ""))),
            size=int(str(info.get("size", 0))),
            sha256=base64.b64decode(str(info.get("sha256", ""))),
        )
    return None


def facts_of(tx: Tx, state: State, record: MaterialRecord) -> dict[str, object]:
    """The words that travel in a body on a material: key, name, type, digest. Refusal NOT_FOUND once purged."""
    secret = state.vault.open(tx, record.subject_id, f"materials/{record.material_id}/secret", record.secret)
    found: dict[str, object] = json.loads(secret)
    return found


def _set_state(tx: Tx, state: State, at: datetime, *, material_id: str, state_name: str) -> None:
    del at
    record = tx.get(MaterialRecord, (material_id,))
    if record is not None:
        tx.put(replace(record, state=state_name, chunks_done=record.chunks))
        tx.after.append(lambda: state.signal(f"thread:{record.subject_id}:0"))


def _held(tx: Tx, state: State, at: datetime, *, material_id: str) -> None:
    """A received file is on disk; when its envelope's files all are, say so (MATERIALS_HELD)."""
    _set_state(tx, state, at, material_id=material_id, state_name="held")
    record = tx.get(MaterialRecord, (material_id,))
    if record is None:
        return
    where = (Where("subject_id", record.subject_id), Where("envelope_id", record.envelope_id))
    if any(item.state == "expected" for item in tx.select(MaterialRecord, where, limit=10_000)):
        return
    entries = tx.select(EntryRecord, (Where("thread_id", record.subject_id), Where("envelope_id", record.envelope_id)))
    for entry in entries:
        acknowledge(
            tx,
            state,
            unit=record.unit,
            cursor=record.cursor,
            header_digest=entry.header_digest,
            thread_id=entry.thread_id,
            status=AcknowledgementStatus.MATERIALS_HELD,
        )


def _damaged(tx: Tx, state: State, at: datetime, *, material_id: str, refusal: Refusal) -> None:
    """What came is not what its manifest and body say: shown, alarmed, and its envelope protested (protocol 5.5)."""
    record = tx.get(MaterialRecord, (material_id,))
    if record is None:
        return
    tx.put(replace(record, state="damaged"))
    raise_alarm(
        tx,
        refusal.reason,
        at=at,
        number=state.number("alarms"),
        thread_id=record.subject_id,
        unit=record.unit,
        details={"material_id": material_id, **refusal.details},
    )
    held, ground = load(tx, state, record.subject_id), protest_ground(refusal)
    where = (Where("thread_id", record.subject_id), Where("envelope_id", record.envelope_id))
    entry = next(iter(tx.select(EntryRecord, where)), None)
    if held is None or ground is None or entry is None or _protested(tx, held, record.envelope_id):
        return
    try:
        protest(tx, state, held, parse_header(entry.header), unit=record.unit, ground=ground, guard="", at=at)
    except Refusal as failed:  # no key, no roster: the alarm stands, a person protests
        _log.info("protest waits", reason=failed.reason.value, material=material_id)


def _protested(tx: Tx, held: Held, envelope_id: str) -> bool:
    """Once is enough for all the materials of an envelope."""
    if any(each.header.kind is Kind.PROTEST and _about(each.header, envelope_id) for each in held.pending):
        return True
    where = (Where("thread_id", held.thread_id), Where("kind", int(Kind.PROTEST)))
    return any(_about(parse_header(entry.header), envelope_id) for entry in tx.select(EntryRecord, where))


def _about(header: Header, envelope_id: str) -> bool:
    return header.in_reply_to is not None and header.in_reply_to.envelope_id == envelope_id
