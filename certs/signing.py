"""Signing suites as data: which algorithms sign, in which order, and how each is verified (protocol 4.2).

ECDSA signatures are strict DER (one encoding of the two numbers), and both values of S are accepted: a header is named
by its own digest and answered by that name, so that a signature's second form names nothing new, and signers that other
people make (HSMs) do not normalise it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from delegation.codes import SigningSuite
from delegation.errors import Reason, Refusal
from delegation.payloads import pae

MAX_SIGNATURE: Final = 72  # DER of two 32-byte numbers
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SCHEME: Final = ECDSA(hashes.SHA256())  # holds no state; making one costs as much as all else here

Verifier = Callable[[EllipticCurvePublicKey, bytes, bytes], bool]


def sign_p256(key: EllipticCurvePrivateKey, payload_type: str, payload: bytes) -> bytes:
    """An ECDSA P-256 SHA-256 signature (DER) over the DSSE encoding."""
    return key.sign(pae(payload_type, payload), _SCHEME)


def verify_p256(key: EllipticCurvePublicKey, signature: bytes, payload_type: str, payload: bytes) -> bool:
    """Whether a signature over the DSSE encoding verifies. Does not judge the key."""
    return _ecdsa(key, signature, pae(payload_type, payload))


def algorithms(suite: SigningSuite) -> Sequence[Verifier]:
    """The suite's algorithms in the order of its signatures. Raises Refusal(SUITE_NOT_ALLOWED) for others."""
    found = _SUITES.get(suite)
    if found is None:
        raise Refusal(Reason.SUITE_NOT_ALLOWED, why="not_made_here")
    return found


def _ecdsa(key: EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    if len(signature) > MAX_SIGNATURE:
        return False
    try:
        r, s = decode_dss_signature(signature)
        if not (0 < r < _ORDER and 0 < s < _ORDER) or encode_dss_signature(r, s) != signature:
            return False
        key.verify(signature, data, _SCHEME)
    except (InvalidSignature, ValueError):
        return False
    return True


_SUITES: Final[Mapping[SigningSuite, tuple[Verifier, ...]]] = {SigningSuite.ECDSA_P256_SHA256: (_ecdsa,)}
