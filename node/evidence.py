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
    data = evidence.entry
    return state.verified_batches.get(data) or parse_entry(data)


def verified(state: State, evidence: exchange.DeliveryEvidence, entry: Entry, trust: Trust) -> Acknowledgement:
    """The acknowledgement that the evidence proves. Raises Refusal as `certs.acknowledge.verify_evidence`."""
    data, acknowledgement, path, signature = (
        evidence.entry,
        evidence.acknowledgement,
        tuple(evidence.path),
        evidence.signature,
    )
    detail = entry.detail
    if isinstance(detail, AcknowledgementBatch) and state.verified_batches.get(data) is entry:
        if sha256(signature).digest() != detail.signature_digest:
            raise Refusal(Reason.ENTRY_MISMATCH)
        try:
            verify_inclusion(
                index=evidence.index,
                size=detail.count,
                leaf=leaf_hash(acknowledgement),
                proof=path,
                root=detail.root,
            )
        except MerkleError as error:
            raise Refusal(Reason.ENTRY_MISMATCH, why="path") from error
        found = parse_acknowledgement(acknowledgement)
        if trust.view.bureau_of(found.unit) != detail.bureau:
            raise Refusal(Reason.NOT_YOUR_UNIT)
        return found
    proof = Evidence(acknowledgement, evidence.index, path, signature, evidence.node_certificate)
    found = verify_evidence(proof, entry, trust)
    state.verified_batches[data] = entry
    while len(state.verified_batches) > _MOST_REMEMBERED:
        state.verified_batches.popitem(last=False)
    return found
