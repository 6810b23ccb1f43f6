"""Private keys: made, kept in files of mode 0600, loaded; and the requests (PKCS #10) that ask to certify them."""

from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID

from certs.files import KeyFileCode, KeyFileError, read_secret, write_atomically

PrivateKey: TypeAlias = EllipticCurvePrivateKey | X25519PrivateKey | Ed25519PrivateKey


def new_p256() -> EllipticCurvePrivateKey:
    """A channel, node or signing key (ECDSA, FIPS 186-5)."""
    return generate_private_key(SECP256R1())


def new_x25519() -> X25519PrivateKey:
    """A sealing key (RFC 7748)."""
    return X25519PrivateKey.generate()


def new_ed25519() -> Ed25519PrivateKey:
    """A log or witness key (RFC 8032)."""
    return Ed25519PrivateKey.generate()


def save_private(path: Path, key: PrivateKey, *, replace: bool = False) -> None:
    """Write a private key as PKCS #8 PEM, mode 0600, whole or not at all.

    An existing file is kept and KeyFileError(EXISTS) raised unless `replace`. Not encrypted: the file's mode, and the
    disk's encryption where the operator has it, protect it; a bureau with an HSM brings its own keyring.
    """
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_atomically(path, pem, replace=replace)


def load_private(path: Path) -> PrivateKey:
    """The private key of a file. Raises KeyFileError: missing, readable by others, no key of a kind that we make."""
    data = read_secret(path)
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise KeyFileError(KeyFileCode.MALFORMED, path) from error
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    if isinstance(key, (X25519PrivateKey, Ed25519PrivateKey)):
        return key
    raise KeyFileError(KeyFileCode.MALFORMED, path)


def load_p256(path: Path) -> EllipticCurvePrivateKey:
    """As `load_private`, for a key that must be P-256."""
    key = load_private(path)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise KeyFileError(KeyFileCode.MALFORMED, path)
    return key


def load_x25519(path: Path) -> X25519PrivateKey:
    """As `load_private`, for a key that must be X25519."""
    key = load_private(path)
    if not isinstance(key, X25519PrivateKey):
        raise KeyFileError(KeyFileCode.MALFORMED, path)
    return key


def load_ed25519(path: Path) -> Ed25519PrivateKey:
    """As `load_private`, for a key that must be Ed25519."""
    key = load_private(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(KeyFileCode.MALFORMED, path)
    return key


def new_csr(key: EllipticCurvePrivateKey) -> bytes:
    """A certificate request (PKCS #10, DER) for a P-256 key; its subject is fixed, the authority decides the name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "xieban")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.DER)


def certificate_digest(der: bytes) -> bytes:
    """SHA-256 of a certificate's DER: its name in headers, rosters and revocations."""
    return sha256(der).digest()


def spki_digest(key: EllipticCurvePublicKey) -> bytes:
    """SHA-256 of a key's SubjectPublicKeyInfo (DER): its name before it has a certificate."""
    return sha256(
        key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).digest()


def to_pem(*certificates: bytes) -> bytes:
    """Certificates (DER) as one PEM text, in the order given."""
    return b"".join(
        x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM) for der in certificates
    )
