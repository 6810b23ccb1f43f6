"""The file of a draw (protocol 13.8) out of a node's store: what it has written down, and which proofs it still wants.

The proofs come from the registry when the file is made; checked it is without either.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs.draw_file import DrawFile, LoggedEnvelope, Opening, draw_file, opening_of
from certs.notes import parse_and_verify
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.declared_appraisal import PanelDeclared
from delegation.errors import Reason, Refusal
from delegation.roster_view import RosterView
from node import parts
from node.desk.guard import READS, need, own
from node.desk.looking import look
from node.desk.ports import Actor
from node.draws.members import MOST_ENTRIES, PanelRecord, first_commitments, message_of
from node.looks import What
from node.records import EntryRecord
from node.state import State
from node.store import Where
from node.verification.log import LogProofs
from node.writer import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A draw's file without its proofs."""

    leg: int
    draw: int
    draw_checkpoint: bytes  # empty where the panel's body is not ours to open: the registry gives it again
    seal_authority: bytes
    log_origin: str
    log_public_key: bytes
    certificates: tuple[bytes, ...]
    thread: tuple[LoggedEnvelope, ...]
    pool: LoggedEnvelope | None
    experts: tuple[Opening, ...]
    leaves: tuple[int, ...]  # of the thread's entries in order, then of the pool's
    sides: tuple[int, int]  # leaves of the home's commitment and of the host's

    def proven(
        self, *, newest: bytes, paths: Sequence[Sequence[bytes]], sides: Sequence[Sequence[bytes]],
        consistency: Sequence[bytes],
    ) -> DrawFile:  # fmt: skip
        """With the proofs: all paths lead to `newest`, those of `sides` to the draw checkpoint."""
        same = newest == self.draw_checkpoint
        checkpoints = [newest] if same else [self.draw_checkpoint, newest]
        last = len(checkpoints) - 1
        logged = (*self.thread, *((self.pool,) if self.pool is not None else ()))
        found = [_in(each, last, path) for each, path in zip(logged, paths, strict=True)]
        return draw_file(
            leg=self.leg,
            draw=self.draw,
            seal_authorities=[self.seal_authority],
            log_origin=self.log_origin,
            log_public_key=self.log_public_key,
            certificates=self.certificates,
            checkpoints=checkpoints,
            consistency=[] if same else [consistency],
            draw_checkpoint=self.draw_checkpoint,
            draw_paths=sides,
            thread=found[: len(self.thread)],
            pool=found[-1] if self.pool is not None else None,
            experts=self.experts,
        )


def _in(logged: LoggedEnvelope, checkpoint: int, path: Sequence[bytes]) -> LoggedEnvelope:
    return LoggedEnvelope(
        header=logged.header,
        signatures=logged.signatures,
        entry=logged.entry,
        checkpoint=checkpoint,
        path=tuple(path),
    )


def wanted(tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str, sealed_too: bool = False) -> Wanted:
    """What the file of the thread's last panel is made of.

    `sealed_too`: where this node cannot open the panel, what its arithmetic is made of, nobody being opened in it.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING; NOT_ALLOWED with `state`: no_panel, or panel_sealed where this node cannot
            open the panel (a provincial office asks one of the sides for the file without names).
    """
    need(actor, state, *READS)
    held = own(tx, state, actor, delegation_id)
    thread = held.thread
    where = (Where("thread_id", delegation_id),)
    records = tx.select(EntryRecord, where, order=("sequence",), limit=MOST_ENTRIES)
    panel = next((each for each in reversed(records) if each.kind == Kind.PANEL_DRAWN), None)
    if thread is None or panel is None:
        raise Refusal(Reason.NOT_ALLOWED, state="no_panel")
    header, body = parse_header(panel.header), message_of(tx, state, panel)
    declared = header.declared
    whole = [each.sequence for each in records] == list(range(1, len(records) + 1))
    opened = body.panel if body is not None and body.panel.HasField("pool") else None
    if not whole or not isinstance(declared, PanelDeclared) or (opened is None and not sealed_too):
        raise Refusal(Reason.NOT_ALLOWED, state="panel_sealed")
    look(tx, state, actor, at, What.THREAD, delegation_id)
    return gathered(
        records,
        panel,
        opened,
        sides=(thread.home_unit, thread.host_unit),
        views=partial(_views, state),
        newest=state.rosters.current.view,
        seal_authority=state.rosters.seal_authority,
    )


def gathered(
    records: Sequence[EntryRecord],
    panel: EntryRecord,
    opened: PanelRecord | None,
    *,
    sides: tuple[str, str],
    views: Callable[[int], Sequence[RosterView]],
    newest: RosterView,
    seal_authority: bytes,
) -> Wanted:
    """The same of a thread's entries and its opened panel, wherever they were read. `views`: rosters by version.

    `opened` is None where only the arithmetic is to be shown.

    Raises:
        Refusal: NOT_ALLOWED (state no_panel), ROSTER_NOT_READY where a signer's certificate is in no roster here.
    """
    header = parse_header(panel.header)
    declared = header.declared
    draw = declared.draw if isinstance(declared, PanelDeclared) else 0
    found = first_commitments(records, draw)
    if not set(sides) <= set(found):
        raise Refusal(Reason.NOT_ALLOWED, state="no_panel")
    logged = tuple(_logged(each) for each in records)
    pool = _pool_of(opened) if opened is not None else None
    all_logged = (*logged, *((pool,) if pool is not None else ()))
    home, host = (parse_entry(found[unit].entry).leaf_index for unit in sides)
    return Wanted(
        leg=header.leg,
        draw=draw,
        draw_checkpoint=opened.checkpoint if opened is not None else b"",
        seal_authority=seal_authority,
        log_origin=newest.registry.log_origin,
        log_public_key=newest.registry.log_public_key,
        certificates=tuple(
            _signer(digest, (*views(version), newest), version) for digest, version in _signers(all_logged)
        ),
        thread=logged,
        pool=pool,
        experts=tuple(opening_of(each) for each in opened.experts) if opened is not None else (),
        leaves=tuple(parse_entry(each.entry).leaf_index for each in all_logged),
        sides=(home, host),
    )


def _views(state: State, version: int) -> tuple[RosterView, ...]:
    trust = state.rosters.version(version)
    return () if trust is None else (trust.view,)


def _pool_of(opened: PanelRecord) -> LoggedEnvelope:
    return LoggedEnvelope(
        header=opened.pool.header,
        signatures=tuple(opened.pool.signatures),
        entry=opened.pool.entry,
        checkpoint=0,
        path=(),
    )


def _logged(record: EntryRecord) -> LoggedEnvelope:
    return LoggedEnvelope(
        header=record.header,
        signatures=parts.split_all(record.signatures),
        entry=record.entry,
        checkpoint=0,
        path=(),
    )


def _signers(logged: Sequence[LoggedEnvelope]) -> list[tuple[bytes, int]]:
    """Digests of the certificates that headers name, each with the roster of its entry."""
    found: dict[bytes, int] = {}
    for each in logged:
        version = parse_entry(each.entry).versions.roster
        for digest in parse_header(each.header).signer_certificates:
            found[digest] = version
    return list(found.items())


def _signer(digest: bytes, views: Sequence[RosterView], version: int) -> bytes:
    for view in views:
        signer = view.signer_at(digest)
        if signer is not None:
            return signer.certificate
    raise Refusal(Reason.ROSTER_NOT_READY, version=str(version))


async def prove(found: Wanted, proofs: LogProofs, *, log_key: Ed25519PublicKey) -> DrawFile:
    """The file, with proofs as the registry gives them now. Refusal UNAVAILABLE, CHECKPOINT_NOT_TRUSTED."""
    newest = await proofs.checkpoint()
    head = parse_and_verify(newest, found.log_origin, log_key)
    if not found.draw_checkpoint:
        found = replace(found, draw_checkpoint=await proofs.draw_checkpoint(max(found.sides)))
    drawn = parse_and_verify(found.draw_checkpoint, found.log_origin, log_key)
    grown = head.size != drawn.size
    return found.proven(
        newest=newest if grown else found.draw_checkpoint,
        paths=[await proofs.inclusion(leaf, head.size) for leaf in found.leaves],
        sides=[await proofs.inclusion(leaf, drawn.size) for leaf in found.sides],
        consistency=await proofs.consistency(drawn.size, head.size) if grown else (),
    )
