"""Why a unit's new signing key may be believed: its earlier key, or the seal authority's express word (protocol 9.8).

The reason stands inside the new certificate, in an extension of our own, and so lasts as long as the certificate does:

    OCTET STRING   1 | SHA-256 of the earlier certificate | its signature (DER) over the DSSE encoding of
                   length-prefixed (label, unit, that digest, SHA-256 of the new key)
    OCTET STRING   2                     the authority states that it gave the unit a new key, say after a loss

A certificate of a known unit with neither is not refused: it parks what would be sealed to that unit, with an alarm.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

from certs.identity import VOUCHING_OID, CertificateInfo, describe, load_certificate
from certs.keys import certificate_digest, spki_digest
from certs.signing import MAX_SIGNATURE, sign_p256, verify_p256
from delegation.payloads import DIGEST_SIZE, length_prefixed
from delegation.roster_view import RosterView, Unit

PAYLOAD_TYPE_KEY_SUCCESSION: Final = "application/vnd.xieban.key-succession.v1"
_LABEL: Final = b"xieban/key-succession/v1"
_OCTET_STRING: Final = 0x04
_SHORT: Final = 127  # longest DER length of one byte; ours have at most 105


class VouchingKind(IntEnum):
    """Who vouches."""

    EARLIER_KEY = 1
    AUTHORITY = 2


@dataclass(frozen=True, slots=True)
class Vouching:
    """A reason as it was read; not yet verified."""

    kind: VouchingKind
    certificate_digest: bytes = b""
    signature: bytes = b""


def sign_succession(
    unit: str, earlier_key: EllipticCurvePrivateKey, earlier_certificate: bytes, new_key: EllipticCurvePublicKey
) -> Vouching:
    """The earlier key's word for the new one."""
    digest = certificate_digest(earlier_certificate)
    signature = sign_p256(earlier_key, PAYLOAD_TYPE_KEY_SUCCESSION, _message(unit, digest, new_key))
    return Vouching(VouchingKind.EARLIER_KEY, digest, signature)


def verify_succession(
    vouching: Vouching, *, unit: str, earlier: EllipticCurvePublicKey, new_key: EllipticCurvePublicKey
) -> bool:
    """Whether the earlier key signed for the new one. Not checked: that the earlier certificate still counted."""
    message = _message(unit, vouching.certificate_digest, new_key)
    return vouching.kind is VouchingKind.EARLIER_KEY and verify_p256(
        earlier, vouching.signature, PAYLOAD_TYPE_KEY_SUCCESSION, message
    )


def vouching_bytes(vouching: Vouching) -> bytes:
    """The extension's value."""
    content = bytes((vouching.kind,)) + vouching.certificate_digest + vouching.signature
    if len(content) > _SHORT:
        raise ValueError("a vouching is at most 127 bytes long")
    return bytes((_OCTET_STRING, len(content))) + content


def read_vouching(certificate: bytes) -> Vouching | None:
    """What a unit's certificate (DER) says; None when it says nothing, or nothing that we can read."""
    try:
        extension = load_certificate(certificate).extensions.get_extension_for_oid(VOUCHING_OID).value
    except x509.ExtensionNotFound:
        return None
    value = extension.value if isinstance(extension, x509.UnrecognizedExtension) else b""
    if len(value) < 3 or value[0] != _OCTET_STRING or value[1] != len(value) - 2:
        return None
    kind, rest = value[2], value[3:]
    if kind == VouchingKind.AUTHORITY and not rest:
        return Vouching(VouchingKind.AUTHORITY)
    if kind == VouchingKind.EARLIER_KEY and DIGEST_SIZE < len(rest) <= DIGEST_SIZE + MAX_SIGNATURE:
        return Vouching(VouchingKind.EARLIER_KEY, rest[:DIGEST_SIZE], rest[DIGEST_SIZE:])
    return None


def unvouched_certificates(
    view: RosterView, held: RosterView | None, *, distrusted: Iterable[bytes] = ()
) -> Mapping[str, frozenset[bytes]]:
    """Digests of signing certificates that nobody vouches for, by unit; units without any are left out.

    A unit that `held` (the roster believed so far) does not know is believed with its oldest certificate, and from then
    on with what that one, or the authority, vouches for. `distrusted` are digests found unvouched before: a roster
    that stays does not become believed by staying.
    """
    carried = frozenset(distrusted)
    found: dict[str, frozenset[bytes]] = {}
    for unit in view.units.values():
        before = held.units.get(unit.code) if held is not None else None
        digests = _unvouched(view, unit, before, carried)
        if digests:
            found[unit.code] = digests
    return found


def _unvouched(view: RosterView, unit: Unit, before: Unit | None, carried: frozenset[bytes]) -> frozenset[bytes]:
    # Nearly every unit of nearly every roster: one certificate, and the same as before.
    if not unit.signing_certificates or (
        before is not None and before.signing_certificates == unit.signing_certificates and not carried
    ):
        return frozenset()
    infos = {certificate_digest(der): (describe(der), der) for der in unit.signing_certificates}
    earlier = {certificate_digest(der): (describe(der), der) for der in (before.signing_certificates if before else ())}
    believed = {digest: info for digest, (info, _) in earlier.items() if digest not in carried}
    if not earlier:
        oldest = min(infos, key=lambda digest: (infos[digest][0].not_before, digest))
        if oldest not in carried:
            believed[oldest] = infos[oldest][0]
    open_ones = {digest for digest in infos if digest not in believed}
    while True:
        new = {digest for digest in open_ones if _believable(view, unit.code, *infos[digest], believed)}
        if not new:
            return frozenset(open_ones)
        believed |= {digest: infos[digest][0] for digest in new}
        open_ones -= new


def _believable(
    view: RosterView, unit: str, info: CertificateInfo, der: bytes, believed: Mapping[bytes, CertificateInfo]
) -> bool:
    key = spki_digest(info.public_key)
    if any(spki_digest(each.public_key) == key for each in believed.values()):
        return True  # the same key, certified again
    vouching = read_vouching(der)
    if vouching is None:
        return False
    if vouching.kind is VouchingKind.AUTHORITY:
        return True
    by = believed.get(vouching.certificate_digest)
    # A key in wrong hands vouches for nothing from then on.
    if by is None or view.is_revoked(vouching.certificate_digest, info.not_before) is not None:
        return False
    return verify_succession(vouching, unit=unit, earlier=by.public_key, new_key=info.public_key)


def _message(unit: str, digest: bytes, new_key: EllipticCurvePublicKey) -> bytes:
    return length_prefixed(_LABEL, unit.encode(), digest, spki_digest(new_key))
