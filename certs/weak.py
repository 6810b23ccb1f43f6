"""Public keys that must never be trusted: low order, not canonical, not on the curve, of the wrong kind.

`cryptography` loads any 32 bytes as an Ed25519 or X25519 public key. Under an Ed25519 key of low order one signature
fits many messages; an X25519 key of low order gives a shared secret that everybody knows (OpenSSL stops it, but with a
bare ValueError, in the middle of sealing). Keys are therefore judged when they are enrolled, read or listed.
"""

from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from delegation.errors import Reason, Refusal

KEY_SIZE = 32
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_LOW_255 = 2**255 - 1

# The y coordinates of the eight points whose order divides 8 (RFC 8032 curve); the last two are those of order 8.
_ED25519_LOW_ORDER_Y = frozenset(
    {
        0,
        1,
        _P - 1,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)
# The u coordinates whose order divides 8, on the curve and on its twist (RFC 7748 section 6.1; the last two, order 8).
_X25519_LOW_ORDER_U = frozenset(
    {
        0,
        1,
        _P - 1,
        0x00B8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
        0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
    }
)


class WeakKeyCode(StrEnum):
    """Why a public key was refused."""

    WRONG_LENGTH = "WRONG_LENGTH"
    NOT_CANONICAL = "NOT_CANONICAL"
    LOW_ORDER = "LOW_ORDER"
    NOT_ON_CURVE = "NOT_ON_CURVE"
    WRONG_KIND = "WRONG_KIND"
    WRONG_CURVE = "WRONG_CURVE"


class WeakKey(Refusal, ValueError):  # noqa: N818 - the name says what is wrong with the key
    """A public key is weak, malformed or of the wrong kind; `code` says which. The key itself is not repeated."""

    def __init__(self, code: WeakKeyCode) -> None:
        super().__init__(Reason.WEAK_KEY, code=code)
        self.code = code


def load_ed25519_public(raw: bytes) -> Ed25519PublicKey:
    """Load an Ed25519 public key (RFC 8032 5.1.5), refusing with WeakKey what no honest key generation gives.

    Refused: not 32 bytes, low order in any encoding, y not below p, the sign of x set where x is 0, not on the curve.
    Not checked: a small-order component added to a good key. It weakens only its owner's own signatures, and OpenSSL's
    verification without cofactor is the one that all our verifiers share.
    """
    if len(raw) != KEY_SIZE:
        raise WeakKey(WeakKeyCode.WRONG_LENGTH)
    encoded = int.from_bytes(raw, "little")
    y = encoded & _LOW_255
    if y % _P in _ED25519_LOW_ORDER_Y:  # x is 0 only for y = 1 and y = -1, both caught here with either sign
        raise WeakKey(WeakKeyCode.LOW_ORDER)
    if y >= _P:
        raise WeakKey(WeakKeyCode.NOT_CANONICAL)
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_squared, (_P - 1) // 2, _P) != 1:  # Euler: not a square, so no x
        raise WeakKey(WeakKeyCode.NOT_ON_CURVE)
    return Ed25519PublicKey.from_public_bytes(raw)


def check_x25519_public(raw: bytes) -> X25519PublicKey:
    """Load an X25519 public key (RFC 7748 section 5), refusing with WeakKey low order and second encodings.

    Refused: not 32 bytes, low order in any encoding, u not below p or with the top bit set (X25519 would ignore it, so
    one key would have two ids). A key on the twist is as safe as one on the curve and passes.
    """
    if len(raw) != KEY_SIZE:
        raise WeakKey(WeakKeyCode.WRONG_LENGTH)
    encoded = int.from_bytes(raw, "little")
    # Both readings of the top bit: masked, as RFC 7748 has it, and not, as some implementations do.
    if (encoded & _LOW_255) % _P in _X25519_LOW_ORDER_U or encoded % _P in _X25519_LOW_ORDER_U:
        raise WeakKey(WeakKeyCode.LOW_ORDER)
    if encoded >= _P:
        raise WeakKey(WeakKeyCode.NOT_CANONICAL)
    return X25519PublicKey.from_public_bytes(raw)


def check_p256_public(key: object) -> EllipticCurvePublicKey:
    """Return `key` when it is an elliptic-curve key on P-256 (FIPS 186-5), else raise WeakKey.

    Takes what `Certificate.public_key()` or a PEM loader gives. That the point is on the curve was checked by
    `cryptography` when it loaded the key; the group has prime order, so there are no low-order points to refuse.
    """
    if not isinstance(key, EllipticCurvePublicKey):
        raise WeakKey(WeakKeyCode.WRONG_KIND)
    if not isinstance(key.curve, SECP256R1):
        raise WeakKey(WeakKeyCode.WRONG_CURVE)
    return key
