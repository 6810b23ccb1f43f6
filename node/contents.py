"""What an opened body brings beside its text: materials to fetch, and names and numbers that a case is found by."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from delegation.codec_json import body_to_json
from delegation.codes import Kind
from delegation.model import Header
from delegation.payloads import SALT_SIZE
from node.records import LookupRecord, MaterialRecord, to_us
from node.state import Held, State
from node.writer import Tx

_CASES = (Kind.ISSUED, Kind.LETTER_CORRECTED, Kind.NOTICE_SENT)


def note_contents(
    tx: Tx, state: State, held: Held, header: Header, content: bytes, *, unit: str, cursor: int, at: datetime
) -> Held:
    """Note materials that are to be fetched, and for a letter what lists and searches show."""
    if header.kind not in _CASES and not header.manifest:
        return held
    body = body_to_json(content[SALT_SIZE:])
    if header.manifest:
        _expect_materials(tx, state, header, body, unit=unit, cursor=cursor, at=at)
    if header.kind in _CASES:
        return note_case(tx, state, held, body)
    return held


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _expect_materials(
    tx: Tx, state: State, header: Header, body: Mapping[str, object], *, unit: str, cursor: int, at: datetime
) -> None:
    listed = body.get("materials")
    infos = {
        str(item.get("material_id")): item
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, Mapping)
    }
    for ref in header.manifest:
        info = infos.get(ref.material_id)
        if info is None or tx.get(MaterialRecord, (ref.material_id,)) is not None:
            continue
        row = f"materials/{ref.material_id}/secret"
        secret = state.vault.seal(tx, header.thread_id, row, json.dumps(dict(info), ensure_ascii=False).encode())
        tx.put(
            MaterialRecord(
                material_id=ref.material_id,
                subject_id=header.thread_id,
                uploader=header.sender_unit,
                root=ref.root,
                sealed_size=ref.sealed_size,
                chunks=ref.chunk_count,
                leaf_hashes=b"",
                secret=secret,
                state="expected",
                chunks_done=0,
                envelope_id=header.envelope_id,
                unit=unit,
                cursor=cursor,
                added_at=to_us(at),
            )
        )
        tx.after.append(lambda: state.signal("materials"))


def note_case(tx: Tx, state: State, held: Held, body: Mapping[str, object]) -> Held:
    """Whose case it is: shown in lists (encrypted), found by keyed hashes of name and ID number."""
    part = _object(body.get("letter")) or _object(body.get("notice"))
    worker, employer = _object(part.get("worker")), _object(part.get("employer"))
    name, id_number = str(worker.get("name", "")), str(worker.get("id_number", ""))
    shown = {"worker_name": name, "employer_name": str(employer.get("name", ""))}
    thread_id = held.thread_id
    secret = state.vault.seal(
        tx, thread_id, f"threads/{thread_id}/secret", json.dumps(shown, ensure_ascii=False).encode()
    )
    for field, value in (("name", name), ("id_number", id_number)):
        if value:
            tx.put(LookupRecord(state.vault.lookup(value, field=field), thread_id))
    return replace(
        held, record=replace(held.record, secret=secret, purged=False)
    )  # a letter that came again is held again
