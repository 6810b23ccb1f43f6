"""Granting what a unit asks for, into the authority's book: its signing certificate and sealing keys (protocol 9.6).

A unit that the roster knows gets a new signing key only with the word of the old one, or with the authority's express
statement that its people made sure in another way, say after a loss. Both stay readable in the certificate.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from certs.agreement_proof import AgreementProof, proven_agreement
from certs.authority import SealAuthority
from certs.enrolled import check_sealing_key
from certs.identity import CertificateInfo, Purpose, describe, verify_certificate
from certs.issuing import renewal_due
from certs.keys import certificate_digest, spki_digest
from certs.requests import checked_request
from certs.roster_book import RosterBook
from certs.trust import verify_roster
from certs.unit_request import UnitRequest, sealing_key_of
from certs.vouching import Vouching, VouchingKind, verify_succession, vouching_bytes
from delegation.errors import Reason, Refusal
from delegation.roster_records import Agreement
from delegation.roster_view import RosterView, SealingKey, Unit, UnitLife


@dataclass(frozen=True, slots=True)
class Granted:
    """What came of a request: the certificate that stands now (DER), whether it is new, the sealing key asked for."""

    certificate: bytes
    is_new: bool
    sealing_key: SealingKey | None


def add_certificate(
    book: RosterBook,
    authority: SealAuthority,
    request: UnitRequest,
    at: datetime,
    *,
    authority_statement: bool = False,
    activate: bool = True,
) -> Granted:
    """Certify a unit's signing key and take its sealing key into the records; the next roster carries both.

    `authority_statement` is the authority's own word for a key that the old one does not vouch for. A joining unit
    becomes active with its first keys unless `activate` is false. The same request again grants the same.
    Raises Refusal: NOT_FOUND (no such unit), WEAK_KEY, BAD_SIGNATURE, MALFORMED, KEY_CHANGED_UNSIGNED (unit),
    ROSTER_NOT_TRUSTED (why=sealing_key). Not checked: who brought the request; that is the authority's people's part.
    """
    unit = book.records.unit(request.unit)
    key = checked_request(request.csr)
    certificate = _standing(unit, key, at)
    is_new = certificate is None
    if certificate is None:
        vouching = _vouching(book.records, unit, request, key, at, authority_statement=authority_statement)
        extension = vouching_bytes(vouching) if vouching is not None else b""
        certificate = authority.issue_unit(request.csr, unit.code, at, vouching=extension)
        unit = replace(unit, signing_certificates=(*unit.signing_certificates, certificate))
    unit, sealing_key = _with_sealing_key(book.records, authority, unit, request, at)
    if activate and unit.life is UnitLife.JOINING and unit.sealing_keys:
        unit = replace(unit, life=UnitLife.ACTIVE, since=at.date())
    book.put_unit(unit)
    return Granted(certificate, is_new, sealing_key)


def rotate_sealing_key(book: RosterBook, authority: SealAuthority, request: UnitRequest, at: datetime) -> SealingKey:
    """Take a new sealing key into the records on the word of the unit's signing key in use; the old ones stay.

    Raises Refusal: NOT_FOUND, WEAK_KEY, MALFORMED, ROSTER_NOT_TRUSTED (why=sealing_key).
    """
    unit, key = _with_sealing_key(book.records, authority, book.records.unit(request.unit), request, at)
    if key is None:
        raise Refusal(Reason.MALFORMED, field="sealing_statement")
    book.put_unit(unit)
    return key


def take_agreement(book: RosterBook, authority: SealAuthority, proof: AgreementProof, at: datetime) -> Agreement:
    """Take a proven agreement, or its end, into the records; the next roster carries it.

    Judged by the roster as last published. The same proof again changes nothing; one that ends an agreement takes the
    place of the one that stands. Raises KeyFileError(MISSING) before the first roster; Refusal as `proven_agreement`,
    INVALID_INPUT (field=agreement) where other terms stand under the same id.
    """
    trust = verify_roster(book.current(), seal_authority=authority.certificates, regions=book.regions, at=at)
    proven = proven_agreement(proof, trust)
    others, standing = [], None
    for each in book.records.agreements:
        if each.agreement_id == proven.agreement_id:
            standing = each
        else:
            others.append(each)
    if standing is not None and replace(standing, valid_to=proven.valid_to) != proven:
        raise Refusal(Reason.INVALID_INPUT, field="agreement")
    book.put_agreements([*others, proven])
    return proven


def _standing(unit: Unit, key: EllipticCurvePublicKey, at: datetime) -> bytes | None:
    """The unit's certificate for this very key, while it is not due for renewal."""
    for der in reversed(unit.signing_certificates):
        info = describe(der)
        if spki_digest(info.public_key) == spki_digest(key) and at < renewal_due(info.not_before, info.not_after):
            return der
    return None


def _vouching(
    records: RosterView,
    unit: Unit,
    request: UnitRequest,
    key: EllipticCurvePublicKey,
    at: datetime,
    *,
    authority_statement: bool,
) -> Vouching | None:
    """What goes into the new certificate; None for a unit's first key and for a key that it has already."""
    if not unit.signing_certificates:
        return None
    known = list(_in_use(records, unit, at))
    if any(spki_digest(info.public_key) == spki_digest(key) for info in known):
        return None
    vouching = request.vouching
    if vouching is not None:
        for info in known:
            if info.digest == vouching.certificate_digest and verify_succession(
                vouching, unit=unit.code, earlier=info.public_key, new_key=key
            ):
                return vouching
    if authority_statement:
        return Vouching(VouchingKind.AUTHORITY)
    raise Refusal(Reason.KEY_CHANGED_UNSIGNED, unit=unit.code)


def _in_use(records: RosterView, unit: Unit, at: datetime) -> Iterator[CertificateInfo]:
    for der in unit.signing_certificates:
        info = describe(der)
        if info.holds_at(at) and records.is_revoked(info.digest, at) is None:
            yield info


def _with_sealing_key(
    records: RosterView, authority: SealAuthority, unit: Unit, request: UnitRequest, at: datetime
) -> tuple[Unit, SealingKey | None]:
    key = sealing_key_of(request)
    if key is None:
        return unit, None
    signers = {}
    for der in unit.signing_certificates:
        info = describe(der)
        if info.holds_at(at) and records.is_revoked(info.digest, at) is None:
            verify_certificate(der, purpose=Purpose.UNIT_SIGNING, authorities=authority.certificates, at=at)
            signers[certificate_digest(der)] = info
    in_use = tuple(der for der in unit.signing_certificates if certificate_digest(der) in signers)
    check_sealing_key(replace(unit, signing_certificates=in_use), key, signers)
    if any(key.key_id == other.key_id for other in unit.sealing_keys):
        same = next(other for other in unit.sealing_keys if other.key_id == key.key_id)
        if same.statement != key.statement:
            raise Refusal(Reason.INVALID_INPUT, field="sealing_key", unit=unit.code)
        return unit, same
    return replace(unit, sealing_keys=(*unit.sealing_keys, key)), key
