"""Delivery evidence: the signature over a batch is verified once, its leaves each by their path."""

from hashlib import sha256

from certs.acknowledge import Evidence, verify_evidence
from certs.trust import Trust
from delegation.codec_entry import parse_acknowledgement, parse_entry
from delegation.errors import Reason, Refusal
from delegation.merkle import MerkleError, leaf_hash, verify_inclusion
from delegation.model import Acknowledgement, AcknowledgementBatch, Entry
from node.state import State
from xieban.federation.v1 import exchange_pb2 as exchange

_MOST_REMEMBERED = 1024


def entry_of(state: State, evidence: exchange.DeliveryEvidence) -> Entry:
    """The entry on the evidence's batch; parsed once a batch. Raises as `parse_entry`."""
    return state.verified_batches.get(evidence.entry) or parse_entry(evidence.entry)


def verified(state: State, evidence: exchange.DeliveryEvidence, entry: Entry, trust: Trust) -> Acknowledgement:
    """The acknowledgement that the evidence proves. Raises Refusal as `certs.acknowledge.verify_evidence`."""
    detail = entry.detail
    if evidence.entry in state.verified_batches and isinstance(detail, AcknowledgementBatch):
        if sha256(evidence.signature).digest() != detail.signature_digest:
            raise Refusal(Reason.ENTRY_MISMATCH)
        try:
            verify_inclusion(
                index=evidence.index,
                size=detail.count,
                leaf=leaf_hash(evidence.acknowledgement),
                proof=evidence.path,
                root=detail.root,
            )
        except MerkleError as error:
            raise Refusal(Reason.ENTRY_MISMATCH, why="path") from error
        found = parse_acknowledgement(evidence.acknowledgement)
        if trust.view.bureau_of(found.unit) != detail.bureau:
            raise Refusal(Reason.NOT_YOUR_UNIT)
        return found
    proof = Evidence(
        evidence.acknowledgement,
        evidence.index,
        tuple(evidence.path),
        evidence.signature,
        evidence.node_certificate,
    )
    found = verify_evidence(proof, entry, trust)
    state.verified_batches[evidence.entry] = entry
    while len(state.verified_batches) > _MOST_REMEMBERED:
        state.verified_batches.popitem(last=False)
    return found
