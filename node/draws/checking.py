"""What a node checks of a panel that it receives, beyond the guards: checkpoint and pool (protocol 13.6).

A panel that does not hold is parked and protested like any body that fails a guard.
"""

from typing import Final

from certs.draw_received import check_expert, check_panel_record, check_pool_commitment
from delegation.codec_body_checks import read_body
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.declared_appraisal import PanelDeclared, ReplacementDeclared, StrataDeclared
from delegation.errors import Reason, Refusal
from delegation.model import Header
from delegation.turns import drawing_unit
from node.draws.keeping import DrawKey, note_of
from node.draws.members import entries, listed, message_of
from node.records import EntryRecord
from node.state import Held, State
from node.writer import Tx
from xieban.delegation.v1 import appraisal_pb2

CHECKED: Final = frozenset({Kind.PANEL_DRAWN, Kind.PANEL_REPLACED})
_FORGED: Final = {
    Reason.CHECKPOINT_NOT_TRUSTED: "draw_checkpoint",
    Reason.BAD_SIGNATURE: "pool_committed",
    Reason.SIGNER_NOT_VALID: "pool_committed",
    Reason.SUITE_NOT_ALLOWED: "pool_committed",
    Reason.MALFORMED: "pool_committed",
    Reason.UNKNOWN_CODE: "pool_committed",
    Reason.UNKNOWN_VERSION: "pool_committed",
    Reason.TOO_LARGE: "pool_committed",
}


def check_panel(tx: Tx, state: State, held: Held, header: Header, body: bytes) -> None:
    """A panel or a replacement that came from the other side. Refusal BODY_GUARD_FAILED with the `guard`.

    Nothing is checked of the own ones, and of those that another unit of this node drew.
    """
    if header.kind not in CHECKED or header.sender_unit in state.units or held.thread is None:
        return
    try:
        _check(tx, state, held, header, body)
    except Refusal as refusal:
        guard = _FORGED.get(refusal.reason)
        if guard is None:
            raise
        raise Refusal(Reason.BODY_GUARD_FAILED, guard=guard) from None


def _failed(guard: str) -> Refusal:
    return Refusal(Reason.BODY_GUARD_FAILED, guard=guard)


def _check(tx: Tx, state: State, held: Held, header: Header, body: bytes) -> None:
    thread, declared = held.thread, header.declared
    if thread is None or not isinstance(declared, PanelDeclared | ReplacementDeclared):
        return
    record = listed(tx, held.thread_id, declared.draw)
    strata = parse_header(record.header).declared if record is not None else None
    if record is None or not isinstance(strata, StrataDeclared):
        raise _failed("pool_committed")
    read, unit = read_body(body), drawing_unit(thread)
    if isinstance(declared, PanelDeclared):
        _check_note(tx, held, declared, read.panel.checkpoint)
        check_panel_record(
            read.panel,
            panel=declared,
            strata=strata,
            listed=parse_entry(record.entry),
            drawing_unit=unit,
            trust=state.rosters.version(_roster_of(read.panel)) or state.rosters.current,
        )
        return
    panel = _drawn(tx, state, held, declared.draw)
    if panel is None:
        return  # parked or purged: what it opens in the list, the guards have judged
    pool = check_pool_commitment(
        panel.pool,
        strata=strata,
        listed=parse_entry(record.entry),
        drawing_unit=unit,
        trust=state.rosters.version(_roster_of(panel)) or state.rosters.current,
    )
    check_expert(read.panel_change.enters, pool=pool, listed=parse_entry(record.entry))


def _check_note(tx: Tx, held: Held, declared: PanelDeclared, note: bytes) -> None:
    """The checkpoint is the one that the registry gave this node too, before any secret was shown."""
    thread = held.thread
    kept = note_of(tx, DrawKey(held.thread_id, thread.leg if thread is not None else 0, declared.draw))
    if kept and kept != note:
        raise _failed("draw_checkpoint")


def _drawn(tx: Tx, state: State, held: Held, draw: int) -> appraisal_pb2.PanelRecord | None:
    for record in reversed(_panels(tx, held)):
        header, body = parse_header(record.header), message_of(tx, state, record)
        if body is not None and isinstance(header.declared, PanelDeclared) and header.declared.draw == draw:
            return body.panel
    return None


def _panels(tx: Tx, held: Held) -> list[EntryRecord]:
    return entries(tx, held.thread_id, (Kind.PANEL_DRAWN,))


def _roster_of(panel: appraisal_pb2.PanelRecord) -> int:
    """By which roster the pool's commitment was accepted: its keys are judged by that one where it is here."""
    return parse_entry(panel.pool.entry).versions.roster if panel.HasField("pool") else 0
