"""Who a certificate is for: one purpose, one name, and nothing else (protocol 2.2).

A certificate says its purpose twice, by an extended key usage of our own arc and by the form of its one URI:

    channel            spiffe://<trust domain>/bureau/<code>            TLS of a bureau
    node               spiffe://<trust domain>/bureau/<code>/node       acknowledgements and alarms of a bureau's node
    unit signing       spiffe://<trust domain>/unit/<code>/signing      the seal of a unit
    registry           spiffe://<trust domain>/registry                 TLS of the registry
    channel authority  spiffe://<trust domain>/authority/channel        issues channel, node and registry certificates
    seal authority     spiffe://<trust domain>/authority/seal           issues unit certificates, signs the roster

The chain itself (signatures, dates, basic constraints, path length) is judged by `cryptography.x509.verification`,
which public suites of bad chains test; what it does not know (purpose, name, curve) is judged here, revocation in
`certs.trust`.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from certs.weak import WeakKey, check_p256_public
from delegation.digits import DigitError, check_bureau_code, parse_unit_code
from delegation.errors import Reason, Refusal

MAX_CERTIFICATE = 4 * 1024  # ours have under 700 bytes
MAX_AUTHORITIES = 8  # the one in force, and those that a rotation leaves behind
MAX_INTERMEDIATES = 1  # leaf, one intermediate, authority: a chain of three
ARC: Final = "2.25.280888626375769161663533935516859032014"  # 2.25 and a UUID: an arc that nobody need assign
_TRUST_DOMAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}", re.ASCII)
_URI = re.compile(r"spiffe://([a-z0-9][a-z0-9.-]{0,62})/([A-Za-z0-9/]{1,64})", re.ASCII)


class Purpose(StrEnum):
    """What a certificate is for; it serves nothing else."""

    CHANNEL = "channel"
    NODE = "node"
    UNIT_SIGNING = "unit_signing"
    REGISTRY = "registry"
    CHANNEL_AUTHORITY = "channel_authority"
    SEAL_AUTHORITY = "seal_authority"

    @property
    def is_authority(self) -> bool:
        """Whether it issues certificates."""
        return self in (Purpose.CHANNEL_AUTHORITY, Purpose.SEAL_AUTHORITY)

    @property
    def issuer(self) -> "Purpose":
        """Which authority issues it; an authority issues itself."""
        if self.is_authority:
            return self
        return Purpose.SEAL_AUTHORITY if self is Purpose.UNIT_SIGNING else Purpose.CHANNEL_AUTHORITY


PURPOSE_OIDS: Final = MappingProxyType(
    {
        Purpose.CHANNEL: x509.ObjectIdentifier(f"{ARC}.1.1"),
        Purpose.NODE: x509.ObjectIdentifier(f"{ARC}.1.2"),
        Purpose.UNIT_SIGNING: x509.ObjectIdentifier(f"{ARC}.1.3"),
        Purpose.REGISTRY: x509.ObjectIdentifier(f"{ARC}.1.4"),
        Purpose.CHANNEL_AUTHORITY: x509.ObjectIdentifier(f"{ARC}.1.5"),
        Purpose.SEAL_AUTHORITY: x509.ObjectIdentifier(f"{ARC}.1.6"),
    }
)
VOUCHING_OID: Final = x509.ObjectIdentifier(f"{ARC}.2.1")
# The usages of TLS stand beside ours only where the certificate is shown in a TLS handshake.
TLS_USAGES: Final = MappingProxyType(
    {Purpose.CHANNEL: ExtendedKeyUsageOID.CLIENT_AUTH, Purpose.REGISTRY: ExtendedKeyUsageOID.SERVER_AUTH}
)
_SHAPES: Final = (
    (Purpose.CHANNEL, re.compile(r"bureau/([A-Z0-9]{6,8})", re.ASCII)),
    (Purpose.NODE, re.compile(r"bureau/([A-Z0-9]{6,8})/node", re.ASCII)),
    (Purpose.UNIT_SIGNING, re.compile(r"unit/([A-Z0-9]{11})/signing", re.ASCII)),
    (Purpose.REGISTRY, re.compile(r"registry()", re.ASCII)),
    (Purpose.CHANNEL_AUTHORITY, re.compile(r"authority/channel()", re.ASCII)),
    (Purpose.SEAL_AUTHORITY, re.compile(r"authority/seal()", re.ASCII)),
)


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """What a certificate says. `name` is the bureau or unit, empty for registry and authorities."""

    purpose: Purpose
    name: str
    trust_domain: str
    digest: bytes
    not_before: datetime
    not_after: datetime
    public_key: EllipticCurvePublicKey

    def holds_at(self, at: datetime) -> bool:
        """Whether `at` lies in the certificate's dates; says nothing of revocation."""
        return self.not_before <= at <= self.not_after


def spiffe_id(trust_domain: str, purpose: Purpose, name: str = "") -> str:
    """The URI of a certificate. Raises ValueError for a trust domain or name outside the closed patterns."""
    if not _TRUST_DOMAIN.fullmatch(trust_domain):
        raise ValueError("trust domain is not a lower-case DNS name of up to 63 characters")
    check_name(purpose, name)
    path = {
        Purpose.CHANNEL: f"bureau/{name}",
        Purpose.NODE: f"bureau/{name}/node",
        Purpose.UNIT_SIGNING: f"unit/{name}/signing",
        Purpose.REGISTRY: "registry",
        Purpose.CHANNEL_AUTHORITY: "authority/channel",
        Purpose.SEAL_AUTHORITY: "authority/seal",
    }[purpose]
    return f"spiffe://{trust_domain}/{path}"


def check_name(purpose: Purpose, name: str) -> None:
    """Raise ValueError unless `name` is what a certificate of that purpose may be made out to."""
    if purpose in (Purpose.CHANNEL, Purpose.NODE):
        check_bureau_code(name)
    elif purpose is Purpose.UNIT_SIGNING:
        parse_unit_code(name)
    elif name:
        raise ValueError("registry and authorities have no name of their own")


def load_certificate(der: bytes) -> x509.Certificate:
    """Parse DER. Raises Refusal(CERTIFICATE_NOT_TRUSTED, why=size|form). Trusts nothing yet."""
    if not 0 < len(der) <= MAX_CERTIFICATE:
        raise _distrust("size")
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.extensions  # noqa: B018 - parsed on demand: damaged ones are to fail here, not later
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise _distrust("form") from error
    return certificate


def describe(der: bytes) -> CertificateInfo:
    """What a certificate says of itself: purpose, name, dates, key. Believes it; `verify_certificate` judges it.

    Raises Refusal: CERTIFICATE_PURPOSE when it has not exactly one purpose in our forms, WEAK_KEY for another key than
    P-256, CERTIFICATE_NOT_TRUSTED when it is no certificate.
    """
    return _describe(load_certificate(der), der)


class CertificateVerifier:
    """Judges certificates against authorities that were pinned once (DER) and are parsed once.

    Raises Refusal(CERTIFICATE_NOT_TRUSTED, why=authority) when there are none or over 8 of them, and as `describe` for
    a pinned certificate that is no authority of ours.
    """

    def __init__(self, authorities: Sequence[bytes]) -> None:
        if not 0 < len(authorities) <= MAX_AUTHORITIES:
            raise _distrust("authority")
        self._anchors: list[tuple[x509.Certificate, CertificateInfo]] = []
        for der in authorities:
            anchor = load_certificate(der)
            info = _describe(anchor, der)
            if not info.purpose.is_authority:
                raise _distrust("authority")
            self._anchors.append((anchor, info))

    def verify(
        self, der: bytes, *, purpose: Purpose, at: datetime, intermediates: Sequence[bytes] = ()
    ) -> CertificateInfo:
        """As `verify_certificate`."""
        certificate = load_certificate(der)
        info = _describe(certificate, der)
        if info.purpose is not purpose:
            raise Refusal(Reason.CERTIFICATE_PURPOSE, expected=purpose.value, found=info.purpose.value)
        anchors = [
            pair
            for pair in self._anchors
            if pair[1].purpose is purpose.issuer and pair[1].trust_domain == info.trust_domain
        ]
        if not anchors:
            raise _distrust("authority")
        if not info.holds_at(at):
            raise Refusal(Reason.CERTIFICATE_EXPIRED)
        store = [anchor for anchor, each in anchors if each.holds_at(at)]
        if not store:
            raise Refusal(Reason.CERTIFICATE_EXPIRED, why="authority")
        if purpose.is_authority:  # pinned byte for byte: nobody vouches for it
            if certificate not in store:
                raise _distrust("authority")
            return info
        _verify_chain(certificate, intermediates, store, at)
        return info


def verify_certificate(
    der: bytes,
    *,
    purpose: Purpose,
    authorities: Sequence[bytes],
    at: datetime,
    intermediates: Sequence[bytes] = (),
) -> CertificateInfo:
    """Judge a certificate: made for `purpose`, issued under one of the pinned `authorities` (DER), in date at `at`.

    Raises Refusal: CERTIFICATE_EXPIRED outside its dates or its authority's, CERTIFICATE_PURPOSE for another purpose or
    form, WEAK_KEY, CERTIFICATE_NOT_TRUSTED (with `why`) for the rest. At most one intermediate is followed.
    Not checked: revocation, which the roster knows (`certs.trust`); that the name is a member of the roster.
    """
    return CertificateVerifier(authorities).verify(der, purpose=purpose, at=at, intermediates=intermediates)


def _verify_chain(
    certificate: x509.Certificate, intermediates: Sequence[bytes], store: list[x509.Certificate], at: datetime
) -> None:
    if len(intermediates) > MAX_INTERMEDIATES:
        raise _distrust("chain")
    between = [load_certificate(each) for each in intermediates]
    if any(each.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256 for each in (certificate, *between)):
        raise _distrust("algorithm")
    # The web's profile, but for the key usage: ours was judged already, and more narrowly.
    ca_policy = ExtensionPolicy.webpki_defaults_ca().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)
    ee_policy = ExtensionPolicy.webpki_defaults_ee().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)
    builder = PolicyBuilder().store(Store(store)).time(at).max_chain_depth(MAX_INTERMEDIATES)
    try:
        builder.extension_policies(ca_policy=ca_policy, ee_policy=ee_policy).build_client_verifier().verify(
            certificate, between
        )
    except VerificationError as error:
        raise _distrust("chain") from error


def _describe(certificate: x509.Certificate, der: bytes) -> CertificateInfo:
    try:
        # only now: a key of a kind that the library does not know raises here
        key = check_p256_public(certificate.public_key())
    except WeakKey as error:
        raise Refusal(Reason.WEAK_KEY, why=error.code.value) from error
    except (UnsupportedAlgorithm, ValueError) as error:
        raise Refusal(Reason.WEAK_KEY, why="UNKNOWN_KIND") from error
    purpose, trust_domain, name = _claimed(certificate)
    _check_usage(certificate, purpose)
    return CertificateInfo(
        purpose=purpose,
        name=name,
        trust_domain=trust_domain,
        digest=hashlib.sha256(der).digest(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        public_key=key,
    )


def _claimed(certificate: x509.Certificate) -> tuple[Purpose, str, str]:
    """Purpose, trust domain and name, where usage and URI agree."""
    names = _extension(certificate, x509.SubjectAlternativeName)
    uris = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    match = _URI.fullmatch(uris[0]) if len(uris) == 1 else None
    if match is None:
        raise Refusal(Reason.CERTIFICATE_PURPOSE, why="name")
    trust_domain, path = match.groups()
    for purpose, shape in _SHAPES:
        found = shape.fullmatch(path)
        if found is None:
            continue
        usages = set(_extension(certificate, x509.ExtendedKeyUsage))
        allowed = {PURPOSE_OIDS[purpose], *((TLS_USAGES[purpose],) if purpose in TLS_USAGES else ())}
        if usages != allowed:
            raise Refusal(Reason.CERTIFICATE_PURPOSE, why="usage")
        if purpose is not Purpose.REGISTRY and len(list(names)) != 1:
            raise Refusal(Reason.CERTIFICATE_PURPOSE, why="name")  # the registry's alone has host names beside
        name = found.group(1)
        try:
            check_name(purpose, name)
        except DigitError as error:
            raise Refusal(Reason.CERTIFICATE_PURPOSE, why="name") from error
        return purpose, trust_domain, name
    raise Refusal(Reason.CERTIFICATE_PURPOSE, why="name")


def _check_usage(certificate: x509.Certificate, purpose: Purpose) -> None:
    """Key usage and basic constraints: an authority signs certificates alone, everyone else signs no certificate."""
    basic = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    authority = purpose.is_authority
    other = usage.content_commitment or usage.key_encipherment or usage.data_encipherment or usage.key_agreement
    if basic.ca is not authority or usage.key_cert_sign is not authority or other:
        raise Refusal(Reason.CERTIFICATE_PURPOSE, why="constraints")
    # The seal authority signs rosters too; the channel authority signs certificates alone.
    signs_data = not authority or purpose is Purpose.SEAL_AUTHORITY
    if usage.digital_signature is not signs_data or (usage.crl_sign and not authority):
        raise Refusal(Reason.CERTIFICATE_PURPOSE, why="constraints")


_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound as error:
        raise Refusal(Reason.CERTIFICATE_PURPOSE, why="extension") from error


def _distrust(why: str) -> Refusal:
    return Refusal(Reason.CERTIFICATE_NOT_TRUSTED, why=why)
