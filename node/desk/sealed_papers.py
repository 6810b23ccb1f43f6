"""Papers of own acts with an e-seal: who may have one made, and what came back.

The seal that counts between bureaus is the unit's signing key, pressed before the act was sent (`node.desk.seals`). An
e-seal is for the paper that a person is handed. So it is set on a paper of an act that stands in the thread, of the
actor's own unit, that two people made, by one who may press the unit's seal and did not handle the act. Each such paper
is sealed once; the PDF as it came back lies here under the case's data key and goes with it when the case is purged.

NOT checked: what the e-seal program did; that its signature verifies is for whoever receives the paper.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from delegation.codec_json import body_to_json
from delegation.errors import Reason, Refusal
from node.case_facts import body_of
from node.desk.deputies import name_of_staff
from node.desk.guard import APPROVES, READS, acting_as, must_be_apart, need, own
from node.desk.looking import look
from node.desk.paper_views import SealedPaper
from node.desk.ports import Actor, Role
from node.desk.seals import need_seal
from node.looks import What
from node.records import EntryRecord, from_us, to_us
from node.records_archive import SealedPaperRecord
from node.state import State
from node.store import Where
from node.writer import Tx

MOST_BYTES: Final = 32 * 1024 * 1024
_CODE: Final = re.compile(r"^[a-z-]{1,30}$", re.ASCII)
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Which:
    """A paper of a case: its code and the act that it tells of."""

    delegation_id: str
    code: str
    sequence: int


def _row(which: Which, unit: str) -> str:
    return f"sealed_papers/{which.delegation_id}/{unit}/{which.code}/{which.sequence}/secret"


def may_seal(tx: Tx, state: State, at: datetime, *, actor: Actor, which: Which) -> SealedPaper | None:
    """The actor may have this paper sealed now; the sealed one where there is one already.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING (also where the unit keeps the seal for its seal holder); NOT_ALLOWED for an
            act of another unit, of one person alone, or one that is not in the thread; FOUR_EYES for its handler.
    """
    del at
    need(actor, state, Role.SEAL_HOLDER, *APPROVES)
    need_seal(tx, actor)
    own(tx, state, actor, which.delegation_id)
    if not _CODE.fullmatch(which.code):
        raise Refusal(Reason.INVALID_INPUT, field="code")
    entry = tx.get(EntryRecord, (which.delegation_id, which.sequence))
    if entry is None or entry.sender_unit != actor.unit:
        raise Refusal(Reason.NOT_ALLOWED)
    must_be_apart(actor, acting_as(actor, Role.SEAL_HOLDER, *APPROVES), {_handler(tx, state, entry)})
    held = tx.get(SealedPaperRecord, (which.delegation_id, actor.unit, which.code, which.sequence))
    return _view(tx, state, held) if held is not None else None


def _handler(tx: Tx, state: State, entry: EntryRecord) -> str:
    data = body_of(tx, state, entry)
    attested = body_to_json(data).get("attestation") if data else None
    people = attested if isinstance(attested, Mapping) else {}
    handler, approver = people.get("handler"), people.get("approver")
    if not isinstance(handler, Mapping) or not isinstance(approver, Mapping):  # nobody pressed a seal on it
        raise Refusal(Reason.NOT_ALLOWED)
    return str(handler.get("staff_id", ""))


def keep(
    tx: Tx, state: State, at: datetime, *, actor: Actor, which: Which, pdf: bytes, unsealed_size: int
) -> SealedPaper:
    """Keep what the program gave back; the first one counts. Refusal as `may_seal`, TOO_LARGE."""
    held = may_seal(tx, state, at, actor=actor, which=which)
    if held is not None:
        return held
    if len(pdf) > MOST_BYTES or not 0 < unsealed_size < len(pdf):
        raise Refusal(Reason.TOO_LARGE if len(pdf) > MOST_BYTES else Reason.INVALID_INPUT, field="pdf")
    acting = acting_as(actor, Role.SEAL_HOLDER, *APPROVES)
    record = SealedPaperRecord(
        thread_id=which.delegation_id,
        unit=actor.unit,
        code=which.code,
        sequence=which.sequence,
        digest=sha256(pdf).digest(),
        unsealed_digest=sha256(pdf[:unsealed_size]).digest(),
        unsealed_size=unsealed_size,
        size=len(pdf),
        secret=state.vault.seal(tx, which.delegation_id, _row(which, actor.unit), pdf),
        sealed_by=actor.staff_id,
        sealed_for=acting.staff_id if acting is not None else "",
        sealed_at=to_us(at),
    )
    tx.put(record)
    return _view(tx, state, record)


def of_case(tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str) -> tuple[SealedPaper, ...]:
    """The unit's sealed papers of a case, by act. Refusal NOT_FOUND, ROLE_MISSING."""
    del at
    need(actor, state, *READS)
    own(tx, state, actor, delegation_id)
    where = (Where("thread_id", delegation_id), Where("unit", actor.unit))
    return tuple(_view(tx, state, row) for row in tx.select(SealedPaperRecord, where, limit=_MOST))


def read(tx: Tx, state: State, at: datetime, *, actor: Actor, which: Which) -> tuple[SealedPaper, bytes]:
    """A sealed paper and its PDF, noted as a look. Refusal NOT_FOUND, ROLE_MISSING."""
    need(actor, state, *READS)
    own(tx, state, actor, which.delegation_id)
    record = tx.get(SealedPaperRecord, (which.delegation_id, actor.unit, which.code, which.sequence))
    if record is None:
        raise Refusal(Reason.NOT_FOUND)
    look(tx, state, actor, at, What.PAPER, which.delegation_id, which.code)
    return _view(tx, state, record), state.vault.open(tx, which.delegation_id, _row(which, actor.unit), record.secret)


def _view(tx: Tx, state: State, record: SealedPaperRecord) -> SealedPaper:
    return SealedPaper(
        delegation_id=record.thread_id,
        code=record.code,
        sequence=record.sequence,
        digest=record.digest,
        unsealed_digest=record.unsealed_digest,
        unsealed_size=record.unsealed_size,
        size=record.size,
        sealed_by=record.sealed_by,
        sealed_by_name=name_of_staff(tx, state.vault, record.sealed_by),
        sealed_for=record.sealed_for,
        sealed_at=from_us(record.sealed_at),
    )
