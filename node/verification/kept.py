"""The node's own columns about a thread against the replay: lists and searches show these, so they must not lie."""

import json
from collections.abc import Mapping
from hashlib import sha256

from certs.chunks import ChunkError, check_leaf_hashes
from certs.envelope import verify_signatures
from certs.rest import RestError
from delegation.codec_body import materials_of
from delegation.codec_header import parse_header
from delegation.codec_json import body_to_json
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.merkle import HASH_SIZE
from delegation.payloads import SALT_SIZE
from delegation.thread_json import rewritten
from delegation.thread_state import ThreadState
from delegation.urgency import priority_of, rank_day
from node import parts
from node.outbox import ANSWERED
from node.records import MaterialRecord, OutboxRecord, ThreadRecord
from node.threads import PARKED, state_of
from node.verification.entries import Read
from node.verification.ground import Rosters, Secrets
from node.verification.replay import Replayed, settled
from node.verification.report import Book, Doubt
from node.verification.rows import Rows

_CASES = frozenset({Kind.ISSUED, Kind.LETTER_CORRECTED, Kind.NOTICE_SENT})
_OVER = frozenset({"completed", "withdrawn", "cancelled", "archived", "ended"})
_FINAL_ROWS = frozenset({"queued", ANSWERED})


def check_thread(book: Book, rows: Rows, entries: list[Read], replayed: Replayed) -> None:
    """The thread's row: stored state and every column that is derived from it."""
    record = rows.thread
    if record is None:
        book.fail("thread_row", Doubt.NOT_HELD)
        return
    queued = [row for row in rows.outbox if row.state == "queued"]
    answered = [row for row in rows.outbox if row.state == ANSWERED]
    if not len(queued) <= record.queued <= len(queued) + len(answered):
        book.fail("column", Doubt.DIFFERS, 0, "threads.queued")
    else:
        book.ok("column", 0, "threads.queued")
    for column in ("version", "created_at", "changed_at", "change_number"):
        book.open("column", Doubt.BOOKKEEPING, 0, f"threads.{column}")
    parked = sum(1 for read in entries if read.record.state == PARKED)
    book.equal("column", record.parked, parked, 0, "threads.parked")
    stored: ThreadState | None = None
    if record.state_bytes:
        with book.checking("stored_state"):
            stored = state_of(record, rows.entries)
            if rewritten(record.state_bytes) != record.state_bytes:
                raise Refusal(Reason.INTERNAL, field="thread")
    elif rows.entries:
        book.fail("stored_state", Doubt.NOT_HELD)
    if not rows.entries:
        return
    if replayed.ours is None:
        book.open("replay", Doubt.NOT_REPLAYED)
        return
    if stored is not None:
        book.equal("replay", settled(stored), settled(replayed.ours))
    for column, value in _derived(replayed.ours, replayed, record).items():
        book.equal("column", getattr(record, column), value, 0, f"threads.{column}")


def _derived(thread: ThreadState, replayed: Replayed, record: ThreadRecord) -> Mapping[str, object]:
    due = min((item.legal for item in thread.due_dates), default=None)
    return {
        "thread_id": thread.thread_id,
        "thread_type": int(thread.thread_type),
        "home_unit": thread.home_unit,
        "host_unit": thread.host_unit,
        "state": thread.state.value,
        "turn": thread.turn,
        "matter": int(thread.matter),
        "priority": replayed.priority,
        "place": replayed.place,
        "is_open": thread.state.value not in _OVER,
        "next_due": due.isoformat() if due is not None else "",
        "rank_day": rank_day(due, priority_of(thread)).isoformat() if due is not None else "",
        "leg": thread.leg,
        "round": thread.round,
        "case_id": thread.case_id,
        "letter_sequence": replayed.letter_sequence,
        "purged": bool(record.purged),
    }


def check_parties(book: Book, rows: Rows, replayed: Replayed) -> None:
    """Our units that see the thread, and as what."""
    if replayed.ours is None:
        return
    book.equal("parties", {row.unit: row.role for row in rows.parties}, replayed.roles)


def check_case(book: Book, rows: Rows, entries: list[Read], secrets: Secrets) -> None:
    """Whose case it is: the line in lists and the keyed hashes, against the letters."""
    if rows.thread is None:
        return
    if not secrets.held:
        if rows.thread.purged:
            book.open("case", Doubt.PURGED)
        elif rows.thread.secret:
            book.fail("case", Doubt.NOT_HELD)
        return
    if rows.thread.purged:
        book.fail("case", Doubt.DIFFERS, 0, "threads.purged")
    shown, needed, allowed = [], set[bytes](), set[bytes]()
    for read in entries:
        if read.header.kind in _CASES and read.content:
            line, hashes = _case(read.content, secrets)
            shown.append(line)
            allowed |= hashes
            needed |= set() if read.record.state == PARKED else hashes
    for row in rows.outbox:
        if row.kind in _CASES:
            try:
                line, hashes = _case(_typed(row, secrets), secrets)
            except (RestError, Refusal):
                continue  # told by the outbox's own check
            shown.append(line)
            allowed |= hashes
    held = {row.digest for row in rows.lookups}
    if needed <= held <= allowed:
        book.ok("lookups")
    else:
        book.fail("lookups", Doubt.DIFFERS)
    if rows.thread.secret or shown:
        with book.checking("case"):
            stored = secrets.open(f"threads/{rows.thread.thread_id}/secret", rows.thread.secret)
            if json.loads(stored) not in shown:
                raise Refusal(Reason.ENTRY_MISMATCH, why="case")


def _case(content: bytes, secrets: Secrets) -> tuple[dict[str, str], set[bytes]]:
    body = body_to_json(content[SALT_SIZE:])
    part = _object(body.get("letter")) or _object(body.get("notice"))
    worker, employer = _object(part.get("worker")), _object(part.get("employer"))
    values = {"name": str(worker.get("name", "")), "id_number": str(worker.get("id_number", ""))}
    hashes = {secrets.master.lookup_hash(value, field=field) for field, value in values.items() if value}
    return {"worker_name": values["name"], "employer_name": str(employer.get("name", ""))}, hashes


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _typed(row: OutboxRecord, secrets: Secrets) -> bytes:
    stored = secrets.open(f"outbox/{row.sender_unit}/{row.envelope_id}/secret", row.secret)
    return parts.split(stored, 3)[1]


def check_outbox(book: Book, rows: Rows, *, rosters: Rosters, secrets: Secrets) -> None:
    """Own envelopes that are not in the log yet: whole, and signed by the seal."""
    for row in rows.outbox:
        with book.checking("outbox", 0, row.envelope_id):
            header = parse_header(row.header)
            columns = (row.sender_unit, row.envelope_id, row.thread_id, row.kind, row.header_digest)
            meant = (header.sender_unit, header.envelope_id, header.thread_id, int(header.kind), header.digest)
            if columns != meant or sha256(row.header).digest() != row.header_digest:
                raise Refusal(Reason.ENTRY_MISMATCH, why="columns")
            signatures = parts.split_all(row.signatures)
            if row.state in _FINAL_ROWS:
                verify_signatures(row.header, signatures, header, rosters.newest, at=header.claimed_at)
            if secrets.held:
                _typed(row, secrets)


def check_materials(book: Book, rows: Rows, entries: list[Read], secrets: Secrets, units: frozenset[str]) -> None:
    """Files against the manifests that list them: names and keys by the sealed body, chunks by the root."""
    listed = {(read.header.envelope_id, ref.material_id) for read in entries for ref in read.header.manifest}
    queued = {row.envelope_id for row in rows.outbox}
    held = {record.material_id: record for record in rows.materials}
    for read in entries:
        if read.record.state == PARKED or not read.content:
            continue
        with book.checking("manifest", read.record.sequence):
            infos = {info.material_id: info for info in materials_of(read.content[SALT_SIZE:])}
            for ref in read.header.manifest:
                info, record = infos.get(ref.material_id), held.get(ref.material_id)
                if info is None or record is None:
                    raise Refusal(Reason.MATERIAL_MISSING)
                meant = (read.header.sender_unit, ref.root, ref.sealed_size, ref.chunk_count)
                if (record.uploader, record.root, record.sealed_size, record.chunks) != meant:
                    raise Refusal(Reason.MATERIAL_DAMAGED)
    for record in rows.materials:
        with book.checking("material", 0, record.material_id):
            by = record.envelope_id
            if record.unit not in units or (by and by not in queued and (by, record.material_id) not in listed):
                raise Refusal(Reason.ENTRY_MISMATCH, why="columns")
            _material(record, secrets)


def _material(record: MaterialRecord, secrets: Secrets) -> None:
    if secrets.held and not isinstance(
        json.loads(secrets.open(f"materials/{record.material_id}/secret", record.secret)), dict
    ):
        raise Refusal(Reason.MATERIAL_DAMAGED)
    data = record.leaf_hashes
    if not data:
        return  # not fetched yet
    leaves = [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]
    try:
        check_leaf_hashes(leaves, root=record.root, sealed=record.sealed_size)
    except ChunkError as error:
        raise Refusal(Reason.MATERIAL_DAMAGED, why=str(error.code)) from error
