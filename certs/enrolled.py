"""The certificates and sealing keys that stand in a roster: each verified once, and not again in the next version."""

from collections.abc import Mapping
from hashlib import sha256
from typing import TypeAlias

from certs.identity import CertificateInfo, CertificateVerifier, Purpose, describe
from certs.keys import certificate_digest, spki_digest
from certs.requests import checked_sealing_key
from certs.signing import verify_p256
from delegation.codes import SealingSuite
from delegation.errors import Reason, Refusal
from delegation.payloads import PAYLOAD_TYPE_SEALING_KEY, length_prefixed, sealing_key_id
from delegation.roster_view import RosterView, SealingKey, Unit

# By the digest of a sealing key's record: the digests of the signing certificates that vouch for it.
SealingVouchers: TypeAlias = Mapping[bytes, tuple[bytes, ...]]


def checked_signers(
    view: RosterView, verifier: CertificateVerifier, known: Mapping[bytes, CertificateInfo]
) -> dict[bytes, CertificateInfo]:
    """Every signing certificate by its digest: issued by the seal authority for this unit of this federation.

    Judged at its first instant, when its authority had to be in date; whoever uses it asks for its own dates.
    Raises Refusal: ROSTER_NOT_TRUSTED (why=certificate, unit), or as `verify_certificate`.
    """
    found: dict[bytes, CertificateInfo] = {}
    for unit in view.units.values():
        for der in unit.signing_certificates:
            digest = certificate_digest(der)
            info = known.get(digest)
            if info is None:
                info = verifier.verify(der, purpose=Purpose.UNIT_SIGNING, at=describe(der).not_before)
            if info.name != unit.code or info.trust_domain != view.federation_id:
                raise Refusal(Reason.ROSTER_NOT_TRUSTED, why="certificate", unit=unit.code)
            found[digest] = info
    return found


def checked_sealing_keys(
    view: RosterView, signers: Mapping[bytes, CertificateInfo], known: SealingVouchers
) -> dict[bytes, tuple[bytes, ...]]:
    """Every sealing key whose statement a signing key of its unit signed, with the certificates of that key.

    Raises Refusal: ROSTER_NOT_TRUSTED (why=sealing_key, unit), WEAK_KEY.
    """
    found: dict[bytes, tuple[bytes, ...]] = {}
    for unit in view.units.values():
        for key in unit.sealing_keys:
            record = sealing_record_digest(unit.code, key)
            vouchers = known.get(record)
            # A certificate may have left the roster since; then who vouches is looked up again.
            if vouchers is None or not all(digest in signers for digest in vouchers):
                vouchers = check_sealing_key(unit, key, signers)
            found[record] = vouchers
    return found


def sealing_record_digest(unit: str, key: SealingKey) -> bytes:
    """Names a sealing key's record, signature and all."""
    return sha256(length_prefixed(unit.encode(), key.statement, key.signature)).digest()


def check_sealing_key(unit: Unit, key: SealingKey, signers: Mapping[bytes, CertificateInfo]) -> tuple[bytes, ...]:
    """The unit's certificates whose key signed the statement; at least one was or will be valid while the key is.

    A statement names its signer by certificate, or, when it was made together with the request for that certificate, by
    the key in it (protocol 9.6): the field holds the SHA-256 of the one or the other.
    Raises Refusal: ROSTER_NOT_TRUSTED (why=sealing_key, unit), WEAK_KEY.
    """
    if key.suite is SealingSuite.X25519_AES256GCM:
        checked_sealing_key(key.public_key)
    found = []
    for der in unit.signing_certificates:
        digest = certificate_digest(der)
        info = signers[digest]
        named = key.signer_certificate in (digest, spki_digest(info.public_key))
        if named and info.not_before < key.not_after and key.not_before <= info.not_after:
            found.append(digest)
    if (
        not found
        or sealing_key_id(key.public_key) != key.key_id
        or not verify_p256(signers[found[0]].public_key, key.signature, PAYLOAD_TYPE_SEALING_KEY, key.statement)
    ):
        raise Refusal(Reason.ROSTER_NOT_TRUSTED, why="sealing_key", unit=unit.code)
    return tuple(found)
