"""Making certificates: the one place that says what stands in each kind (protocol 2.2)."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.x509.oid import NameOID

from certs.identity import PURPOSE_OIDS, TLS_USAGES, VOUCHING_OID, Purpose, spiffe_id
from delegation.errors import Reason, Refusal

# A caller's clock may be off by 5 minutes and still work, so what is issued now holds since 10 minutes ago.
BACKDATED: Final = timedelta(minutes=10)
# The rule first, then the margin that its holder keeps: renew at two thirds (see renewal_due).
VALIDITY: Final = MappingProxyType(
    {
        Purpose.CHANNEL: timedelta(days=90),  # renewed by the node without a person from day 60 on
        Purpose.NODE: timedelta(days=365),  # acknowledgements are judged at their entry's time, so it may end any day
        Purpose.REGISTRY: timedelta(days=365),
        Purpose.UNIT_SIGNING: timedelta(days=3 * 365),  # the seal authority's people do this by hand, from year 2 on
        Purpose.CHANNEL_AUTHORITY: timedelta(days=10 * 365),
        Purpose.SEAL_AUTHORITY: timedelta(days=20 * 365),
    }
)
MAX_HOST_NAMES = 16


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority's certificate and key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def renewal_due(not_before: datetime, not_after: datetime) -> datetime:
    """When a holder asks for the next certificate: at two thirds, so that a third is left for an authority away."""
    return not_before + (not_after - not_before) * 2 / 3


def issue(
    public_key: EllipticCurvePublicKey,
    *,
    purpose: Purpose,
    trust_domain: str,
    name: str,
    issuer: Issuer,
    at: datetime,
    host_names: Sequence[str] = (),
    vouching: bytes = b"",
) -> bytes:
    """A leaf certificate (DER) for a key that `certs.requests` has judged.

    Ends with its authority at the latest. Raises ValueError for a name outside the closed patterns, Refusal
    (CERTIFICATE_EXPIRED) when the authority itself is out of date at `at`.
    """
    start = max(at - BACKDATED, issuer.certificate.not_valid_before_utc)
    end = min(at + VALIDITY[purpose], issuer.certificate.not_valid_after_utc)
    if not start < end or at < start:
        raise Refusal(Reason.CERTIFICATE_EXPIRED, why="authority")
    if len(host_names) > MAX_HOST_NAMES:
        raise ValueError(f"more than {MAX_HOST_NAMES} host names")
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(spiffe_id(trust_domain, purpose, name))]
    names += [_host_name(host) for host in host_names]
    usages = [*((TLS_USAGES[purpose],) if purpose in TLS_USAGES else ()), PURPOSE_OIDS[purpose]]
    issuer_key = issuer.key.public_key()
    builder = (
        _builder(public_key, start, end)
        .subject_name(_subject(purpose, name))
        .issuer_name(issuer.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_data=True, authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )
    if vouching:
        builder = builder.add_extension(x509.UnrecognizedExtension(VOUCHING_OID, vouching), critical=False)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def issue_authority(key: EllipticCurvePrivateKey, *, purpose: Purpose, trust_domain: str, at: datetime) -> bytes:
    """An authority's certificate (DER), signed by itself, for leaves alone (path length 0)."""
    subject = _subject(purpose, trust_domain)
    builder = (
        _builder(key.public_key(), at - BACKDATED, at + VALIDITY[purpose])
        .subject_name(subject)
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_data=purpose is Purpose.SEAL_AUTHORITY, authority=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([PURPOSE_OIDS[purpose]]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(spiffe_id(trust_domain, purpose))]),
            critical=False,
        )
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _builder(public_key: EllipticCurvePublicKey, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start.replace(microsecond=0))
        .not_valid_after(end.replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _subject(purpose: Purpose, name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "xieban"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{purpose.value} {name}".strip()[:64]),
        ]
    )


def _usage(*, signs_data: bool, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_data,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
