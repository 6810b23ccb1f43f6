"""What the other side checks of a panel that was drawn, beyond what the rule book computes (protocol 13.6).

The guards have judged positions, picks and the openings in the list. Here: that the root of the log is one that the
registry signed, and that those drawn stood in a pool committed to before the list was made.
"""

from collections.abc import Sequence

from certs.draw_evidence import check_answer, read_event, stands_in_log
from certs.draw_experts import pool_problem
from certs.draw_file import LoggedEnvelope, opening_of
from certs.draw_report import Wrong
from certs.envelope import verify_signatures
from certs.notes import Checkpoint, parse_and_verify
from certs.trust import Trust
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.declared_appraisal import PanelDeclared, StrataDeclared
from delegation.errors import Reason, Refusal
from delegation.merkle import MerkleError
from delegation.model import Entry, PoolDeclared
from xieban.delegation.v1 import appraisal_pb2


def check_draw_note(note: bytes, *, commitments: Sequence[tuple[Entry, Sequence[bytes]]], trust: Trust) -> Checkpoint:
    """A draw checkpoint that the registry gave: signed by its log key, and both commitments stand in it.

    To be made, and the note kept, before one's own secret is shown (protocol 13.5). `commitments` are the two entries
    with their paths in this tree. Raises Refusal CHECKPOINT_NOT_TRUSTED. NOT checked: that it is the first such one.
    """
    checkpoint = parse_and_verify(note, trust.view.registry.log_origin, trust.log_key)
    for entry, path in commitments:
        try:
            stands_in_log(entry, checkpoint, path)
        except MerkleError as error:
            raise Refusal(Reason.CHECKPOINT_NOT_TRUSTED, field="path") from error
    return checkpoint


def check_panel_record(
    record: appraisal_pb2.PanelRecord,
    *,
    panel: PanelDeclared,
    strata: StrataDeclared,
    listed: Entry,
    drawing_unit: str,
    trust: Trust,
) -> PoolDeclared:
    """The sealed record of a panel: its checkpoint and its pool; gives the pool's declaration, for later openings.

    `strata` and `listed` are what SPECIALTY_DETERMINED declared and its entry; `trust` that of the entry which accepted
    the pool. Raises Refusal: CHECKPOINT_NOT_TRUSTED, BAD_SIGNATURE, SIGNER_NOT_VALID, or BODY_GUARD_FAILED with the
    `guard`: draw_checkpoint, pool_committed, expert_in_pool. NOT checked: openings in the list, which the guards judge.
    """
    origin = trust.view.registry.log_origin
    checkpoint = parse_and_verify(record.checkpoint, origin, trust.log_key)
    if (checkpoint.size, checkpoint.root) != (panel.log_size, panel.log_root):
        raise _failed("draw_checkpoint")
    if not record.HasField("pool"):
        raise _failed("pool_committed")
    pool = check_pool_commitment(record.pool, strata=strata, listed=listed, drawing_unit=drawing_unit, trust=trust)
    for expert in record.experts:
        check_expert(expert, pool=pool, listed=listed)
    return pool


def check_pool_commitment(
    sent: appraisal_pb2.PoolCommitment, *, strata: StrataDeclared, listed: Entry, drawing_unit: str, trust: Trust
) -> PoolDeclared:
    """The pool's commitment as the log holds it, of the version that the list names and logged before it.

    Raises Refusal as `check_panel_record`.
    """
    event = read_event(
        LoggedEnvelope(
            header=sent.header, signatures=tuple(sent.signatures), entry=sent.entry, checkpoint=0, path=tuple(sent.path)
        )
    )
    declared, at = event.header.declared, event.entry.accepted_at
    verify_signatures(sent.header, event.logged.signatures, event.header, trust, at=at)
    note = parse_and_verify(sent.checkpoint, trust.view.registry.log_origin, trust.log_key)
    try:
        check_answer(event)
        stands_in_log(event.entry, note, event.logged.path)
    except (Wrong, MerkleError) as error:
        raise _failed("pool_committed") from error
    if event.header.kind is not Kind.POOL_COMMITTED or not isinstance(declared, PoolDeclared):
        raise _failed("pool_committed")
    same = (event.header.sender_unit, declared.version) == (drawing_unit, strata.pool_version)
    if not same or event.entry.leaf_index >= listed.leaf_index:
        raise _failed("pool_committed")
    return declared


def check_expert(expert: appraisal_pb2.PanelExpert, *, pool: PoolDeclared, listed: Entry) -> None:
    """A drawn expert, or a reserve who enters, stands in the pool: active, with the speciality, in term.

    Raises Refusal BODY_GUARD_FAILED (guard=expert_in_pool, why); nothing of the person is repeated.
    """
    person = opening_of(expert).named
    problem = "place" if person is None else pool_problem(person, pool, day_of(listed.accepted_at))
    if problem:
        raise Refusal(Reason.BODY_GUARD_FAILED, guard="expert_in_pool", why=problem.replace(" ", "_"))


def _failed(guard: str) -> Refusal:
    return Refusal(Reason.BODY_GUARD_FAILED, guard=guard)
