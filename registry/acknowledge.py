"""A node's signed batch of acknowledgements: checked on the loop, logged by the writer (protocol 8.3)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final as Constant

from certs.keys import certificate_digest
from delegation.codec_entry import parse_acknowledgement
from delegation.errors import Reason, Refusal
from delegation.lifecycle import delivered
from delegation.merkle import Batch as Tree
from delegation.model import Acknowledgement, AcknowledgementBatch, AcknowledgementStatus, EntryKind
from registry.batch import Batch, Needs
from registry.quotas import Counts
from registry.records import AcknowledgedRow, Delivered, EntryRow, EvidenceRow, ItemKind
from registry.threads import Kept
from xieban.federation.v1 import exchange_pb2

MOST: Constant = 512
_BITS: Constant[Mapping[AcknowledgementStatus, int]] = {
    AcknowledgementStatus.PARKED: 1,
    AcknowledgementStatus.APPLIED: 2,
    AcknowledgementStatus.MATERIALS_HELD: 4,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """The registry's word on a batch, and which deliveries it is about."""

    entry: bytes
    cursors: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeJob:
    """A batch whose signature and certificate were checked. `tree` has the paths of the leaves, in order."""

    bureau: str
    leaves: Sequence[bytes]
    acknowledgements: Sequence[Acknowledgement]
    tree: Tree
    signature: bytes
    node_certificate: bytes
    waiting: dict[tuple[str, int], Delivered] = field(default_factory=dict)

    @property
    def key(self) -> bytes:
        """A repeated batch has the same."""
        count = len(self.leaves).to_bytes(4, "big")
        return hashlib.sha256(self.bureau.encode() + b"\x00" + self.tree.root + count).digest()

    @property
    def weight(self) -> int:
        """See `jobs.Job`."""
        return 1 + len(self.leaves) // 4

    @property
    def size(self) -> int:
        """See `jobs.Job`."""
        return sum(map(len, self.leaves))

    def needs(self, needs: Needs) -> None:
        """See `jobs.Job`."""
        needs.threads.update(each.thread_id for each in self.acknowledgements)

    def run(self, batch: Batch, counts: Counts) -> Taken:
        """See `jobs.Job`. Raises Refusal NOT_FOUND when a leaf names what was never delivered under its cursor."""
        found = batch.delivered({(each.unit, each.cursor) for each in self.acknowledgements})
        if self._may_be_repeated(found):
            before = batch.batch_entry(self.key)
            if before is not None:
                return Taken(before)
        for each in self.acknowledgements:
            row = found.get((each.unit, each.cursor))
            if row is None or (row.header_digest, row.thread_id) != (each.header_digest, each.thread_id):
                raise Refusal(Reason.NOT_FOUND, field="acknowledgement")
        entry = batch.log(
            EntryKind.ACKNOWLEDGEMENTS,
            AcknowledgementBatch(
                self.bureau,
                self.tree.root,
                len(self.leaves),
                certificate_digest(self.node_certificate),
                hashlib.sha256(self.signature).digest(),
            ),
        )
        batch.put_batch(self.key, entry.leaf_index, entry.data)
        for index, each in enumerate(self.acknowledgements):
            self._take(index, each, found[each.unit, each.cursor], entry, batch, counts)
        return Taken(entry.data, tuple([(each.unit, each.cursor) for each in self.acknowledgements]))

    def _may_be_repeated(self, found: Mapping[tuple[str, int], Delivered]) -> bool:
        """Whether the store is to be asked for this very batch: one that was taken left its mark on each delivery."""
        for each in self.acknowledgements:
            row = found.get((each.unit, each.cursor))
            if row is not None and not row.status & _BITS[each.status]:
                return False
        return True

    def _take(
        self, index: int, each: Acknowledgement, row: Delivered, entry: EntryRow, batch: Batch, counts: Counts
    ) -> None:
        status, bit = batch.status(each.unit, each.cursor), _BITS[each.status]
        if status & bit:
            return  # said before, in another batch: the first evidence stands
        if not status:
            counts.waiting(each.unit, -1)
        status |= bit
        if not row.materials and each.status is AcknowledgementStatus.APPLIED:
            status |= _BITS[AcknowledgementStatus.MATERIALS_HELD]  # there are none to wait for
        batch.acknowledge(AcknowledgedRow(each.unit, each.cursor, status, batch.at))
        leaf = entry.leaf_index
        evidence_id = leaf * 1024 + index  # a batch has at most 512 leaves
        evidence = self._evidence(index)
        batch.evidence.append(EvidenceRow(evidence_id, row.leaf_index, leaf, evidence))
        batch.deliver(row.sender_unit, ItemKind.EVIDENCE, evidence_id, entry.data, evidence=evidence)
        kept = batch.thread(each.thread_id)
        if kept is None or batch.trust is None or each.status is not AcknowledgementStatus.APPLIED:
            return
        after = delivered(kept.state, each.header_digest, unit=each.unit, at=batch.at, roster=batch.trust.view)
        if after is not kept.state:
            batch.put_thread(Kept(after, kept.opened_at, batch.at, kept.reported_at, leaf))

    def _evidence(self, index: int) -> bytes:
        return exchange_pb2.DeliveryEvidence(
            acknowledgement=self.leaves[index],
            index=index,
            path=self.tree.paths[index],
            signature=self.signature,
            node_certificate=self.node_certificate,
        ).SerializeToString(deterministic=True)


def parse_batch(leaves: Sequence[bytes], owned: Mapping[str, object]) -> list[Acknowledgement]:
    """The acknowledgements of a batch, each for a unit of the caller's (`owned`).

    Raises Refusal: TOO_LARGE over 512, MALFORMED for none or the same twice, NOT_YOUR_UNIT, UNKNOWN_CODE.
    """
    if len(leaves) > MOST:
        raise Refusal(Reason.TOO_LARGE, field="acknowledgements")
    found = [parse_acknowledgement(leaf) for leaf in leaves]
    if not found or len({(each.unit, each.cursor, each.status) for each in found}) != len(found):
        raise Refusal(Reason.MALFORMED, field="acknowledgements")
    if any(each.unit not in owned for each in found):
        raise Refusal(Reason.NOT_YOUR_UNIT)
    return found
