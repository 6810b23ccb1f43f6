"""Judging what somebody asks to have certified: a PKCS #10 request, and the raw keys of sealing and witnessing.

Everything weak is a typed refusal here, before any authority signs anything (protocol 2.6).
"""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import SignatureAlgorithmOID

from certs.weak import WeakKey, WeakKeyCode, check_p256_public, check_x25519_public, load_ed25519_public
from delegation.errors import Reason, Refusal

MAX_REQUEST = 16 * 1024  # ours have under 300 bytes; one with a large key of another kind still hears why


def checked_request(csr: bytes) -> EllipticCurvePublicKey:
    """The key of a request (DER) whose owner proved that he holds it. Its subject and extensions are ignored.

    Raises Refusal: WEAK_KEY (with `why`) for any key but P-256 and for a second encoding of one, MALFORMED for what is
    no request, BAD_SIGNATURE when it was not signed by its own key.
    """
    if not 0 < len(csr) <= MAX_REQUEST:
        raise Refusal(Reason.MALFORMED, field="request")
    try:
        request = x509.load_der_x509_csr(csr)
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise Refusal(Reason.MALFORMED, field="request") from error
    try:
        key = check_p256_public(request.public_key())
    except WeakKey as error:
        raise Refusal(Reason.WEAK_KEY, why=error.code.value) from error
    except (UnsupportedAlgorithm, ValueError) as error:
        raise Refusal(Reason.WEAK_KEY, why="UNKNOWN_KIND") from error
    # One encoding of a key, the uncompressed point: the library also reads compressed and hybrid ones (RFC 5480, 2.2).
    if key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) not in request.tbs_certrequest_bytes:
        raise Refusal(Reason.WEAK_KEY, why=WeakKeyCode.NOT_CANONICAL.value)
    if request.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256 or not request.is_signature_valid:
        raise Refusal(Reason.BAD_SIGNATURE, field="request")
    return key


def checked_sealing_key(raw: bytes) -> X25519PublicKey:
    """A raw X25519 key that may be sealed to. Raises Refusal(WEAK_KEY): length, low order, second encoding."""
    try:
        return check_x25519_public(raw)
    except WeakKey as error:
        raise Refusal(Reason.WEAK_KEY, why=error.code.value) from error


def checked_log_key(raw: bytes) -> Ed25519PublicKey:
    """A raw Ed25519 key of a log or witness. Raises Refusal(WEAK_KEY): length, low order, not canonical, off curve."""
    try:
        return load_ed25519_public(raw)
    except WeakKey as error:
        raise Refusal(Reason.WEAK_KEY, why=error.code.value) from error
