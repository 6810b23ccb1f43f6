"""Keys that must not be enrolled: of small order, in a second encoding, off the curve, too short, of another kind."""

import random
from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.keys import new_csr, new_p256

P: Final = 2**255 - 19
_ORDER_8_A: Final = 325606250916557431795983626356110631294008115727848805560023387167927233504
_ORDER_8_B: Final = 39382357235489614581723060781553021112529911719440698176882885853963445705823
_TWELVE: Final = (
    *(0, 1, _ORDER_8_A, _ORDER_8_B, P - 1, P, P + 1),
    *(P + _ORDER_8_A, P + _ORDER_8_B, 2 * P - 1, 2 * P, 2 * P + 1),
)
_TOP: Final = 2**255
_P256: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_NAME: Final = x509.Name([])


def sealing_keys(seed: int, *, count: int) -> Iterator[tuple[str, bytes]]:
    """Raw X25519 keys: every encoding of a point of small order, second encodings, wrong lengths, noise of both."""
    draw = random.Random(seed)  # noqa: S311 - a seed repeats the run
    for number in _TWELVE:
        yield "low order", number.to_bytes(32, "little")
        yield "low order", ((number | _TOP) % 2**256).to_bytes(32, "little")
    for _ in range(count):
        yield "not canonical", (draw.randrange(_TOP) | _TOP).to_bytes(32, "little")
        yield "not canonical", draw.randrange(P + 2, _TOP).to_bytes(32, "little")
        size = draw.choice([*range(32), *range(33, 70)])
        yield "wrong length", draw.randbytes(size)


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def request_with_point(point: bytes, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    """A request (DER) for a P-256 key of any point, signed by `key`; without one the signature is noise."""
    good = x509.load_der_x509_csr(new_csr(new_p256()))
    spki = good.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    changed = _der(0x30, spki[2:23] + _der(0x03, b"\x00" + point))
    rest = good.tbs_certrequest_bytes
    inside = rest[2:] if rest[1] < 128 else rest[3:] if rest[1] == 0x81 else rest[4:]
    tbs = _der(0x30, inside.replace(spki, changed))
    signature = good.signature if key is None else key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    return _der(0x30, tbs + algorithm + _der(0x03, b"\x00" + signature))


def _csr(key: object, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(_NAME)
    return builder.sign(key, algorithm).public_bytes(Encoding.DER)  # type: ignore[arg-type]  # any kind of key


def requests(seed: int, *, count: int) -> Iterator[tuple[str, bytes]]:
    """Certificate requests (DER) that no authority may grant."""
    draw = random.Random(seed)  # noqa: S311 - a seed repeats the run
    for bits in (1024, 2048, 3072):
        yield "rsa", _csr(rsa.generate_private_key(public_exponent=65537, key_size=bits), hashes.SHA256())
    yield "dsa", _csr(dsa.generate_private_key(1024), hashes.SHA256())  # noqa: S505 - that it is weak is the point
    yield "ed25519", _csr(ed25519.Ed25519PrivateKey.generate())
    yield "ed448", _csr(ed448.Ed448PrivateKey.generate())
    for curve in (ec.SECP224R1(), ec.SECP256K1(), ec.SECP384R1(), ec.SECP521R1(), ec.BrainpoolP256R1()):
        yield "other curve", _csr(ec.generate_private_key(curve), hashes.SHA256())
    for algorithm in (hashes.SHA224(), hashes.SHA384(), hashes.SHA512()):
        yield "other digest", _csr(new_p256(), algorithm)
    key = new_p256()
    x = key.public_key().public_numbers()
    plain = x.x.to_bytes(32, "big")
    yield "infinity", request_with_point(b"\x00")
    yield "no point", request_with_point(b"")
    yield "zero", request_with_point(b"\x04" + bytes(64))
    yield "off the curve", request_with_point(b"\x04" + plain + (x.y ^ 1).to_bytes(32, "big"))
    yield "not canonical", request_with_point(b"\x04" + (_P256 + 5).to_bytes(32, "big") + plain)
    yield "short", request_with_point(b"\x04" + plain[:31] + plain)
    odd = x.y % 2
    # Truly signed: the library reads both, and RFC 5480 forbids the first.
    yield "hybrid", request_with_point(bytes([6 + odd]) + plain + x.y.to_bytes(32, "big"), key)
    yield "compressed", request_with_point(bytes([2 + odd]) + plain, key)
    good = new_csr(new_p256())
    mine = x509.load_der_x509_csr(good)
    yield "other version", good.replace(b"\x02\x01\x00", b"\x02\x01\x01", 1)
    unused_bits = good.index(mine.signature) - 1  # says nothing of a signature that ends in a zero bit
    for _ in range(count):
        point = b"\x04" + draw.randbytes(64)
        yield "off the curve", request_with_point(point)
        spoilt = bytearray(good)
        at = draw.choice([each for each in range(len(spoilt)) if each != unused_bits])
        spoilt[at] ^= 1 << draw.randrange(8)
        yield "altered", bytes(spoilt)
        yield "cut", good[: draw.randrange(len(good))]
    other = x509.load_der_x509_csr(new_csr(new_p256()))
    yield "signed by another key", good.replace(mine.signature, other.signature)
