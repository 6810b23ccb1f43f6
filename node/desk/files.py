"""Files of a draft or a delegation before an envelope lists them: noted, described, kept back, dropped.

What staff say of a file travels in the body of the envelope that lists it, so it changes only before: not while an
approver looks at the draft or at the prepared move that names the file (four eyes), nor after it was queued. Two facts
stay on this node: a file that is kept back (`withheld`), and which file a redacted copy was made from (`redacts`).
"""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from certs.chunks import SEALED_CHUNK
from delegation.errors import Reason, Refusal
from node.desk.building import material_view, prepared_of
from node.desk.guard import PREPARES, need, own
from node.desk.ports import Actor, FileFacts
from node.desk.views import MaterialView
from node.material_mover import facts_of
from node.materials import Copied, MaterialFolder
from node.records import DraftRecord, MaterialRecord, to_us
from node.state import State
from node.writer import Tx

_LONGEST_NAME: Final = 255
_WAITING: Final = ("prepared", "reviewed")


@dataclass(frozen=True, slots=True)
class Opened:
    """An open material (OpenedFile)."""

    folder: MaterialFolder
    record: MaterialRecord
    key: bytes
    view: MaterialView

    def read(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See OpenedFile."""
        return self.folder.read(
            self.record.material_id, key=self.key, sealed=self.record.sealed_size, start=start, end=end
        )


def subject(tx: Tx, state: State, actor: Actor, subject_id: str) -> None:
    """A draft or a delegation of the actor's unit. Refusal NOT_FOUND."""
    draft = tx.get(DraftRecord, (subject_id,))
    if draft is not None and draft.unit == actor.unit:
        return
    own(tx, state, actor, subject_id)


def material(tx: Tx, state: State, actor: Actor, material_id: str) -> MaterialRecord:
    """A file of a draft or delegation of the actor's unit. Refusal NOT_FOUND."""
    record = tx.get(MaterialRecord, (material_id,))
    if record is None:
        raise Refusal(Reason.NOT_FOUND)
    subject(tx, state, actor, record.subject_id)
    return record


def _before_no_approver(tx: Tx, actor: Actor, subject_id: str) -> None:
    """An approver who looks at a draft sees what will be signed. Refusal NOT_ALLOWED."""
    draft = tx.get(DraftRecord, (subject_id,))
    if draft is not None and draft.unit == actor.unit and draft.state in {"pending_approval", "reviewed"}:
        raise Refusal(Reason.NOT_ALLOWED, state=draft.state)


def changeable(tx: Tx, state: State, actor: Actor, material_id: str) -> MaterialRecord:
    """An own file that may still be described anew or dropped.

    Raises:
        Refusal: NOT_FOUND; NOT_ALLOWED when an envelope lists it, it is not ours, or an approver looks at it.
    """
    record = material(tx, state, actor, material_id)
    if record.envelope_id or record.uploader not in state.units:
        raise Refusal(Reason.NOT_ALLOWED, material_id=material_id)
    _before_no_approver(tx, actor, record.subject_id)
    for move in prepared_of(tx, state, record.subject_id, actor.unit):
        listed = move.data.get("materials")
        if move.state in _WAITING and isinstance(listed, list | tuple) and material_id in listed:
            raise Refusal(Reason.NOT_ALLOWED, state=move.state)
    return record


def may_add(tx: Tx, state: State, at: datetime, *, actor: Actor, subject_id: str) -> None:
    """Refusal ROLE_MISSING, NOT_FOUND, NOT_ALLOWED while the draft is before its approver."""
    del at
    need(actor, state, *PREPARES)
    subject(tx, state, actor, subject_id)
    _before_no_approver(tx, actor, subject_id)


def _row(material_id: str) -> str:
    return f"materials/{material_id}/secret"


def _keep(tx: Tx, state: State, record: MaterialRecord, info: dict[str, object]) -> MaterialRecord:
    words = json.dumps(info, ensure_ascii=False).encode()
    secret = state.vault.seal(tx, record.subject_id, _row(record.material_id), words)
    kept = replace(record, secret=secret)
    tx.put(kept)
    return kept


def _said(facts: FileFacts) -> dict[str, object]:
    return {
        "name": facts.name[:_LONGEST_NAME],
        "document_kind": facts.document_kind,
        "pages": facts.pages,
        "is_copy": facts.is_copy,
        "compared_by": facts.compared_by,
        "original_at": facts.original_at,
    }


def _withhold_original(tx: Tx, state: State, actor: Actor, subject_id: str, original_id: str) -> None:
    """The original of a redacted copy stays here. Refusal NOT_FOUND, NOT_ALLOWED."""
    original = changeable(tx, state, actor, original_id)
    if original.subject_id != subject_id:
        raise Refusal(Reason.NOT_FOUND)
    _keep(tx, state, original, {**facts_of(tx, state, original), "withheld": True})


def note(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    actor: Actor,
    subject_id: str,
    copied: Copied,
    facts: FileFacts,
    taken_from: str = "",
) -> MaterialView:
    """Note a copied file. Its words are those that will travel in the body.

    `taken_from` is the file of the same case that this one was taken over from; its id stays on this node.
    """
    may_add(tx, state, at, actor=actor, subject_id=subject_id)
    if facts.redacts:
        _withhold_original(tx, state, actor, subject_id, facts.redacts)
    info: dict[str, object] = {
        "material_id": copied.material_id,
        "key": base64.b64encode(copied.key).decode(),
        "media_type": copied.media_type,
        "size": copied.size,
        "sha256": base64.b64encode(copied.sha256).decode(),
        **_said(facts),
        "withheld": facts.withheld,
        "redacts": facts.redacts,
        "taken_over": bool(taken_from),
        "taken_from": taken_from,
    }
    record = MaterialRecord(
        material_id=copied.material_id,
        subject_id=subject_id,
        uploader=actor.unit,
        root=copied.root,
        sealed_size=copied.sealed_size,
        chunks=-(-copied.sealed_size // SEALED_CHUNK),
        leaf_hashes=b"".join(copied.leaf_hashes),
        secret=b"",
        state="held",
        chunks_done=0,
        envelope_id="",
        unit=actor.unit,
        cursor=0,
        added_at=to_us(at),
    )
    tx.after.append(lambda: state.signal(f"thread:{subject_id}:0"))
    return material_view(tx, state, _keep(tx, state, record, info))


def describe(
    tx: Tx, state: State, at: datetime, *, actor: Actor, material_id: str, facts: FileFacts, seen: FileFacts | None
) -> MaterialView:
    """Say something else of a file; what it was redacted from stays. Refusal as `changeable`, EDITED_MEANWHILE."""
    del at
    need(actor, state, *PREPARES)
    record = changeable(tx, state, actor, material_id)
    info = facts_of(tx, state, record)
    if seen is not None and {**_said(seen), "withheld": seen.withheld} != {
        **{name: info.get(name) for name in _said(seen)},
        "withheld": bool(info.get("withheld", False)),
    }:
        raise Refusal(Reason.EDITED_MEANWHILE)
    if not facts.name or facts.pages < 0:
        raise Refusal(Reason.INVALID_INPUT, field="name" if not facts.name else "pages")
    kept = _keep(tx, state, record, {**info, **_said(facts), "withheld": facts.withheld})
    tx.after.append(lambda: state.signal(f"thread:{record.subject_id}:0"))
    return material_view(tx, state, kept)
