"""One signature of the node key over many acknowledgements, and the evidence that each sender gets of its own.

The node signs the Merkle root of its batch (protocol 8.3). A sender gets one leaf with its path, never the list: whom
else the host answered is none of its business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

from certs.signing import sign_p256, verify_p256
from certs.trust import Trust
from delegation.codec_entry import MOST_BATCH, acknowledgement_root_bytes, parse_acknowledgement
from delegation.errors import Reason, Refusal
from delegation.merkle import MerkleError, batch_root_and_paths, leaf_hash, root_of, verify_inclusion
from delegation.model import Acknowledgement, AcknowledgementBatch, Entry
from delegation.payloads import PAYLOAD_TYPE_ACKNOWLEDGEMENTS


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """A batch as it is sent: the leaves in order, their root, the node key's signature over it."""

    acknowledgements: tuple[bytes, ...]
    root: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """One acknowledgement of a batch, with what shows that the node signed it."""

    acknowledgement: bytes
    index: int
    path: tuple[bytes, ...]
    signature: bytes
    node_certificate: bytes


def sign_batch(
    acknowledgements: Sequence[bytes], *, federation_id: str, bureau: str, node_key: EllipticCurvePrivateKey
) -> SignedBatch:
    """Sign serialised acknowledgements, 1 to 512. Raises Refusal(TOO_LARGE) for more, MALFORMED for none."""
    root = _root(acknowledgements)
    payload = acknowledgement_root_bytes(federation_id, bureau, root, len(acknowledgements))
    return SignedBatch(tuple(acknowledgements), root, sign_p256(node_key, PAYLOAD_TYPE_ACKNOWLEDGEMENTS, payload))


def verify_batch(
    acknowledgements: Sequence[bytes],
    signature: bytes,
    *,
    federation_id: str,
    bureau: str,
    public_key: EllipticCurvePublicKey,
) -> bytes:
    """The root of a batch that the node key signed; the key comes from `Trust.check_node_certificate`.

    Raises Refusal: BAD_SIGNATURE, TOO_LARGE, MALFORMED. Not checked: the acknowledgements themselves, one by one.
    """
    root = _root(acknowledgements)
    _check_signature(public_key, signature, federation_id, bureau, root, len(acknowledgements))
    return root


def verify_batch_root(
    root: bytes, count: int, signature: bytes, *, federation_id: str, bureau: str, public_key: EllipticCurvePublicKey
) -> None:
    """As `verify_batch` for one who built the tree: `root` and `count` are those of the acknowledgements that came.

    Raises Refusal: BAD_SIGNATURE, TOO_LARGE, MALFORMED. Not checked: that the root is of any acknowledgements.
    """
    if not 0 < count <= MOST_BATCH:
        raise Refusal(Reason.TOO_LARGE if count else Reason.MALFORMED, field="acknowledgements")
    _check_signature(public_key, signature, federation_id, bureau, root, count)


def evidence_for(
    index: int, acknowledgements: Sequence[bytes], *, signature: bytes, node_certificate: bytes
) -> Evidence:
    """The evidence for one leaf of a batch. For many leaves of one batch see `evidence_for_each`."""
    return evidence_for_each(acknowledgements, signature=signature, node_certificate=node_certificate)[index]


def evidence_for_each(
    acknowledgements: Sequence[bytes], *, signature: bytes, node_certificate: bytes
) -> tuple[Evidence, ...]:
    """The evidence for every leaf of a batch, in order."""
    _check_count(acknowledgements)
    paths = batch_root_and_paths(acknowledgements).paths
    return tuple(
        Evidence(acknowledgement, index, path, signature, node_certificate)
        for index, (acknowledgement, path) in enumerate(zip(acknowledgements, paths, strict=True))
    )


def verify_evidence(evidence: Evidence, entry: Entry, trust: Trust) -> Acknowledgement:
    """The acknowledgement that evidence proves, together with the registry's entry on its batch.

    `trust` is the roster version that the entry names: the node certificate is judged at the entry's accepted-at, and
    its bureau must serve the unit that acknowledges. Raises Refusal: ENTRY_MISMATCH when the entry is about another
    batch, BAD_SIGNATURE, CERTIFICATE_*, NOT_YOUR_UNIT, MALFORMED. Not checked: that the entry is in the log.
    """
    detail = entry.detail
    if (
        not isinstance(detail, AcknowledgementBatch)
        or entry.federation_id != trust.view.federation_id
        or not compare_digest(sha256(evidence.node_certificate).digest(), detail.node_certificate)
        or not compare_digest(sha256(evidence.signature).digest(), detail.signature_digest)
    ):
        raise Refusal(Reason.ENTRY_MISMATCH)
    info = trust.check_node_certificate(evidence.node_certificate, detail.bureau, entry.accepted_at)
    _check_signature(info.public_key, evidence.signature, entry.federation_id, detail.bureau, detail.root, detail.count)
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
    acknowledgement = parse_acknowledgement(evidence.acknowledgement)
    if trust.view.bureau_of(acknowledgement.unit) != detail.bureau:
        raise Refusal(Reason.NOT_YOUR_UNIT)
    return acknowledgement


def _root(acknowledgements: Sequence[bytes]) -> bytes:
    _check_count(acknowledgements)
    return root_of(leaf_hash(acknowledgement) for acknowledgement in acknowledgements)


def _check_count(acknowledgements: Sequence[bytes]) -> None:
    if not acknowledgements:
        raise Refusal(Reason.MALFORMED, field="acknowledgements")
    if len(acknowledgements) > MOST_BATCH:
        raise Refusal(Reason.TOO_LARGE, field="acknowledgements")


def _check_signature(
    key: EllipticCurvePublicKey, signature: bytes, federation_id: str, bureau: str, root: bytes, count: int
) -> None:
    payload = acknowledgement_root_bytes(federation_id, bureau, root, count)
    if not verify_p256(key, signature, PAYLOAD_TYPE_ACKNOWLEDGEMENTS, payload):
        raise Refusal(Reason.BAD_SIGNATURE)
