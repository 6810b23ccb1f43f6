"""The writer's judgement of one envelope (protocol 7.3, second half); later envelopes see earlier ones."""

from datetime import datetime
from hashlib import sha256

from certs.trust import Trust
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.declared_appraisal import DrawCommittedDeclared, PanelDeclared
from delegation.errors import Reason, Refusal, Refused
from delegation.lifecycle import Accepted, judge, placed
from delegation.model import EntryKind, EnvelopeAnswer, EnvelopeRef, Header
from delegation.payloads import signatures_digest
from delegation.thread_state import ThreadState
from registry.answers import Final, NotFinal, Result, is_final, not_final, safe_details
from registry.batch import Batch, Needs
from registry.parts import join_parts
from registry.quotas import Counts
from registry.records import AnswerRow, BodyRow, DrawCheckpointRow, ListingRow, envelope_key
from registry.sights import changed_sights
from registry.store import StoreRejected, StoreUnavailable
from registry.threads import RESULTS, Kept


def check_signers(header: Header, trust: Trust, at: datetime) -> None:
    """The signers' certificates hold at this moment. Raises Refusal SIGNER_NOT_VALID."""
    for digest in header.signer_certificates:
        if trust.signer(digest, at).unit != header.sender_unit:
            raise Refusal(Reason.SIGNER_NOT_VALID, why="unit")


def check_recipients(header: Header, trust: Trust, at: datetime) -> None:
    """The recipients' sealing keys hold at this moment. Raises Refusal RECIPIENT_KEY_NOT_VALID."""
    for recipient in header.recipients:
        try:
            trust.check_recipient(recipient.unit, recipient.key_id, at)
        except Refusal as refusal:
            if refusal.reason is Reason.NOT_FOUND:  # no unit of the roster, so no key of one
                raise Refusal(Reason.RECIPIENT_KEY_NOT_VALID) from refusal
            raise


class EnvelopeJob:
    """An envelope that passed intake, or was refused there by rule (`refused`), which is logged like any refusal.

    `key` is what its answer is stored under; for `weight` and `size` see `jobs.Job`.
    """

    __slots__ = (
        "addressees",
        "bureau",
        "header",
        "header_bytes",
        "key",
        "refused",
        "sealed_body",
        "signatures",
        "size",
        "trust",
        "weight",
    )

    def __init__(
        self,
        *,
        bureau: str,
        header: Header,
        header_bytes: bytes,
        sealed_body: bytes,
        signatures: tuple[bytes, ...],
        trust: Trust,
        refused: Refused | None = None,
    ) -> None:
        self.bureau = bureau
        self.header = header
        self.header_bytes = header_bytes
        self.sealed_body = sealed_body
        self.signatures = signatures
        self.trust = trust
        self.refused = refused
        self.key = envelope_key(header.sender_unit, header.envelope_id)
        self.addressees = header.addressees
        self.weight = 1
        self.size = len(header_bytes) + len(sealed_body)

    def needs(self, needs: Needs) -> None:
        """See `jobs.Job`."""
        header = self.header
        needs.answers.add(self.key)
        for ref in (header.predecessor, header.in_reply_to, header.replaces):
            if ref is not None:
                needs.answers.add(envelope_key(ref.sender_unit, ref.envelope_id))
        if header.kind is Kind.RESEAL and header.replaces is not None:
            needs.headers.add(envelope_key(header.replaces.sender_unit, header.replaces.envelope_id))
        needs.threads.add(header.thread_id)
        needs.units.update(self.addressees)

    def run(self, batch: Batch, counts: Counts) -> Result:
        """See `jobs.Job`."""
        known = batch.answer(self.key)
        if known is not None:
            if known.header_digest == self.header.digest:
                return Final(known.entry, known.accepted, repeated=True)
            return NotFinal(Reason.ID_CONFLICT)
        if batch.trust is None:
            return NotFinal(Reason.ROSTER_NOT_READY)
        try:
            return self._judged(batch, batch.trust, counts)
        except (StoreUnavailable, StoreRejected):
            raise  # of the whole batch
        except Refusal as refusal:
            return self._refuse(refusal.refused, batch, counts) if is_final(refusal) else not_final(refusal)

    def _judged(self, batch: Batch, trust: Trust, counts: Counts) -> Result:
        if self.refused is not None:
            return self._refuse(self.refused, batch, counts)
        if trust is not self.trust:  # the roster changed since intake looked
            check_signers(self.header, trust, batch.at)
            check_recipients(self.header, trust, batch.at)
        kept = batch.thread(self.header.thread_id)
        if kept is None:
            counts.check_new_thread(self.bureau, trust.view)
        for unit in self.addressees:
            counts.check_mailbox(unit)
        judged = judge(
            None if kept is None else kept.state,
            self.header,
            roster=trust.view,
            at=batch.at,
            is_known=batch.is_known,
        )
        if isinstance(judged, Refused):
            if is_final(judged):
                return self._refuse(judged, batch, counts)
            return not_final(judged)
        if judged.row.neutral:  # it moves nothing, so that a thread may have only so many of them a day
            counts.check_neutral(self.header.thread_id)
        if self.header.kind is Kind.RESEAL:
            self._check_reseal(batch, self.header.replaces)
        elif isinstance(self.header.declared, PanelDeclared):
            self._check_draw(batch, self.header.declared)
        return self._accept(judged, kept, batch, trust, counts)

    def _check_reseal(self, batch: Batch, original: EnvelopeRef | None) -> None:
        """A reseal has the same content as what it replaces: the commitments are compared (protocol 4.6)."""
        stored = None if original is None else batch.header(original)
        if stored is None:
            raise Refusal(Reason.NOT_ALLOWED, field="replaces")
        before = parse_header(stored)
        if before.thread_id != self.header.thread_id or before.sender_unit != self.header.sender_unit:
            raise Refusal(Reason.NOT_ALLOWED, field="replaces")
        if before.content_commitment != self.header.content_commitment:
            raise Refusal(Reason.GUARD_FAILED, guard="same_commitment")

    def _check_draw(self, batch: Batch, panel: PanelDeclared) -> None:
        """A panel names the log as it was at the first checkpoint that covers both commitments (protocol 13.4).

        That the picks follow from it is the rule book's guard. Raises Refusal DRAW_ROOT_WRONG with the right size.
        """
        header = self.header
        rows = batch.store.draw_checkpoints(header.thread_id, header.leg, panel.draw)
        firsts: dict[str, DrawCheckpointRow] = {}
        for row in rows:  # a commitment that was sent again after a protest does not move the checkpoint
            firsts.setdefault(row.unit, row)
        if len(firsts) != 2:
            raise Refusal(Reason.DRAW_ROOT_WRONG, field="draw")
        first = max(firsts.values())  # that of the later commitment
        if (panel.log_size, panel.log_root) != (first.size, first.root):
            field = "log_root" if panel.log_size == first.size else "log_size"
            raise Refusal(Reason.DRAW_ROOT_WRONG, field=field, log_size=str(first.size))

    def _accept(self, judged: Accepted, kept: Kept | None, batch: Batch, trust: Trust, counts: Counts) -> Result:
        header, before = self.header, None if kept is None else kept.state
        sequence = 1 if before is None else before.sequence + 1
        signatures = join_parts(self.signatures)  # what an entry names is the digest of just these bytes
        entry = batch.log_accepted(
            header.ref,
            sha256(signatures).digest(),
            thread_id=header.thread_id,
            sequence=sequence,
            previous=b"" if before is None else before.last_entry_digest,
            state_version=judged.thread.state_version,
            due_dates=judged.due_dates,
        )
        after = placed(judged, header, sequence=sequence, entry_digest=entry.digest)
        batch.put_thread(self._kept(after, kept, batch, entry.leaf_index))
        begun, ended = changed_sights(kept, after, entry.leaf_index)
        if begun or ended:
            batch.sights += begun
            batch.sights_ended += ended
        row = self._row(entry.leaf_index, sequence, batch, header=self.header_bytes, signatures=signatures)
        batch.put_answer(row, entry.data)
        batch.bodies.append(BodyRow(entry.leaf_index, self.sealed_body, batch.at))
        if isinstance(header.declared, DrawCommittedDeclared):
            batch.put_draw_commitment(
                entry.leaf_index,
                thread_id=header.thread_id,
                leg=header.leg,
                draw=header.declared.draw,
                unit=header.sender_unit,
            )
        for unit in self.addressees:
            if trust.view.bureau_of(unit):
                batch.deliver_envelope(unit, row, self.sealed_body, entry.data, materials=len(header.manifest))
                counts.waiting(unit, 1)
        for material in header.manifest:
            batch.listings.append(
                ListingRow(header.sender_unit, header.thread_id, material.material_id, entry.leaf_index)
            )
        if kept is None:
            counts.new_thread(self.bureau)
        if judged.row.neutral:
            counts.neutral(header.thread_id)
        return Final(entry.data, accepted=True)

    def _kept(self, after: ThreadState, kept: Kept | None, batch: Batch, leaf: int) -> Kept:
        reported = kept.reported_at if kept is not None else None
        if reported is None and self.header.kind in RESULTS:
            reported = batch.at
        opened = batch.at if kept is None else kept.opened_at
        return Kept(after, opened, batch.at, reported, leaf)

    def _row(
        self, leaf: int, sequence: int, batch: Batch, *, header: bytes = b"", signatures: bytes = b""
    ) -> AnswerRow:
        digest, own = self.header.digest, self.header
        return AnswerRow(
            self.key,
            digest,
            sequence > 0,
            leaf,
            int(own.kind),
            own.sender_unit,
            own.thread_id,
            sequence,
            header,
            signatures,
            batch.at,
        )

    def _refuse(self, refused: Refused, batch: Batch, counts: Counts) -> Result:
        if batch.trust is not None:
            try:
                counts.check_refusal(self.bureau, batch.trust.view, batch.at)
            except Refusal as refusal:
                return not_final(refusal)
        entry = batch.log(
            EntryKind.ENVELOPE,
            EnvelopeAnswer(
                self.header.ref,
                signatures_digest(self.signatures),
                accepted=False,
                reason=refused.reason.value,
                details=safe_details(refused.details),
            ),
            thread_id=self.header.thread_id,
        )
        batch.put_answer(self._row(entry.leaf_index, 0, batch), entry.data)
        counts.refused(self.bureau)
        return Final(entry.data, accepted=False)
