"""The two authorities: one for channels, beside the registry; one for seals and the roster, outside it (protocol 9.2).

Each keeps its key and certificate in a folder of mode 0700. Neither folder is ever given to the other: who runs the
registry can let bureaus in, and cannot make a unit's seal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from certs.files import KeyFileCode, KeyFileError, make_folder, sync_folder, write_atomically
from certs.identity import CertificateInfo, Purpose, describe, load_certificate
from certs.issuing import Issuer, issue, issue_authority
from certs.keys import load_p256, new_p256, save_private
from certs.requests import checked_request
from certs.signing import sign_p256
from delegation.codec_roster import RosterStatement, SignedRosterParts, roster_statement_bytes, signed_roster_bytes
from delegation.errors import Reason, Refusal
from delegation.payloads import PAYLOAD_TYPE_ROSTER_STATEMENT
from xieban.delegation.v1 import roster_pb2

KEY_FILE: Final = "authority.key"
CERTIFICATE_FILE: Final = "authority.der"
PAYLOAD_TYPE_HANDOVER: Final = "application/vnd.xieban.seal-authority.v1+der"
_FORMER: Final = "former-"
_NEXT: Final = "authority.next.der"
_PUBLIC: Final = 0o644  # certificates are no secret
STATEMENT_VALIDITY: Final = timedelta(days=14)  # re-signed daily, so that 13 days without the authority do no harm


@dataclass(frozen=True, slots=True)
class ChannelAuthority:
    """Issues channel, node and registry certificates, online, beside the registry."""

    certificate: bytes
    info: CertificateInfo
    _issuer: Issuer = field(repr=False)

    @classmethod
    def create(cls, folder: Path, trust_domain: str, at: datetime) -> Self:
        """A new authority with a new key in `folder`. Raises KeyFileError(EXISTS) rather than replace one."""
        _create(folder, Purpose.CHANNEL_AUTHORITY, trust_domain, at)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The authority of a folder. Raises KeyFileError."""
        certificate, info, issuer = _load(folder, Purpose.CHANNEL_AUTHORITY)
        return cls(certificate, info, issuer)

    @property
    def trust_domain(self) -> str:
        """Trust domain of what it issues."""
        return self.info.trust_domain

    def issue_channel(self, csr: bytes, bureau: str, at: datetime) -> bytes:
        """A channel certificate (DER) for 90 days. Raises Refusal as `certs.requests`.

        Not checked: whether `bureau` may have it; the caller has taken its token.
        """
        return self._issue(csr, Purpose.CHANNEL, bureau, at)

    def issue_node(self, csr: bytes, bureau: str, at: datetime) -> bytes:
        """A node certificate (DER) for a year, as `issue_channel`."""
        return self._issue(csr, Purpose.NODE, bureau, at)

    def issue_registry_server(self, csr: bytes, *, host_names: Sequence[str], at: datetime) -> bytes:
        """The registry's TLS certificate (DER) for a year; nodes dial `host_names`, DNS names or IP addresses."""
        return self._issue(csr, Purpose.REGISTRY, "", at, host_names)

    def _issue(self, csr: bytes, purpose: Purpose, name: str, at: datetime, host_names: Sequence[str] = ()) -> bytes:
        return issue(
            checked_request(csr),
            purpose=purpose,
            trust_domain=self.trust_domain,
            name=name,
            issuer=self._issuer,
            at=at,
            host_names=host_names,
        )


@dataclass(frozen=True, slots=True)
class SealAuthority:
    """Issues unit certificates and signs the roster, in a process and on a machine of its own."""

    certificate: bytes
    info: CertificateInfo
    folder: Path
    former: tuple[bytes, ...]
    _issuer: Issuer = field(repr=False)

    @classmethod
    def create(cls, folder: Path, federation_id: str, at: datetime) -> Self:
        """A new authority with a new key in `folder`. Raises KeyFileError(EXISTS) rather than replace one."""
        _create(folder, Purpose.SEAL_AUTHORITY, federation_id, at)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The authority of a folder. Raises KeyFileError."""
        certificate, info, issuer = _load(folder, Purpose.SEAL_AUTHORITY)
        former = tuple(path.read_bytes() for path in sorted(folder.glob(f"{_FORMER}*.der"), reverse=True))
        return cls(certificate, info, folder, former, issuer)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """What to pin: the certificate in use, then those of earlier keys, whose unit certificates still stand."""
        return (self.certificate, *self.former)

    def rotate(self, at: datetime) -> tuple[Self, bytes]:
        """Take a new key; the old one signs the new certificate, which gives the signature, and is overwritten.

        Nodes and registry pin the new certificate beside the old one (`certs.handover`) before its first roster comes.
        """
        key = new_p256()
        certificate = issue_authority(key, purpose=Purpose.SEAL_AUTHORITY, trust_domain=self.federation_id, at=at)
        signature = sign_p256(self._issuer.key, PAYLOAD_TYPE_HANDOVER, certificate)
        number = len(self.former) + 1
        write_atomically(self.folder / f"handover-{number:03d}.sig", signature, mode=_PUBLIC)
        write_atomically(self.folder / f"{_FORMER}{number:03d}.der", self.certificate, mode=_PUBLIC)
        # The key's write decides: stopped before it, nothing has changed; after it, `load` takes the next certificate.
        write_atomically(self.folder / _NEXT, certificate, mode=_PUBLIC)
        save_private(self.folder / KEY_FILE, key, replace=True)
        return self.load(self.folder), signature

    @property
    def federation_id(self) -> str:
        """Federation, which is the trust domain of unit certificates."""
        return self.info.trust_domain

    def issue_unit(self, csr: bytes, unit: str, at: datetime, *, vouching: bytes = b"") -> bytes:
        """A unit's signing certificate (DER) for 3 years.

        `vouching` (`certs.vouching`) says why this key follows the unit's earlier one; it is not judged here.
        Raises Refusal as `certs.requests`.
        """
        return issue(
            checked_request(csr),
            purpose=Purpose.UNIT_SIGNING,
            trust_domain=self.federation_id,
            name=unit,
            issuer=self._issuer,
            at=at,
            vouching=vouching,
        )

    def sign_roster(self, roster: bytes, at: datetime) -> bytes:
        """A SignedRoster (serialised) whose statement holds for 14 days from `at`; also the daily restatement.

        The same roster bytes keep their version. Not checked: that the roster makes sense (`certs.roster_book`).
        Raises Refusal(UNKNOWN_FEDERATION) for a roster of another federation, ValueError for what is no roster.
        """
        parsed = roster_pb2.Roster.FromString(roster)
        if parsed.federation_id != self.federation_id:
            raise Refusal(Reason.UNKNOWN_FEDERATION)
        statement = roster_statement_bytes(
            RosterStatement(
                federation_id=parsed.federation_id,
                version=parsed.version,
                roster_digest=sha256(roster).digest(),
                issued_at=at,
                expires_at=at + STATEMENT_VALIDITY,
            )
        )
        signature = sign_p256(self._issuer.key, PAYLOAD_TYPE_ROSTER_STATEMENT, statement)
        return signed_roster_bytes(SignedRosterParts(roster, statement, signature))


def _create(folder: Path, purpose: Purpose, trust_domain: str, at: datetime) -> None:
    make_folder(folder)
    if (folder / CERTIFICATE_FILE).exists():
        raise KeyFileError(KeyFileCode.EXISTS, folder / CERTIFICATE_FILE)
    key = new_p256()
    certificate = issue_authority(key, purpose=purpose, trust_domain=trust_domain, at=at)
    save_private(folder / KEY_FILE, key)
    write_atomically(folder / CERTIFICATE_FILE, certificate, mode=_PUBLIC, replace=False)


def _load(folder: Path, purpose: Purpose) -> tuple[bytes, CertificateInfo, Issuer]:
    key: EllipticCurvePrivateKey = load_p256(folder / KEY_FILE)
    path, following = folder / CERTIFICATE_FILE, folder / _NEXT
    if following.exists() and describe(following.read_bytes()).public_key == key.public_key():
        following.replace(path)
        sync_folder(folder)
    try:
        der = path.read_bytes()
    except FileNotFoundError as error:
        raise KeyFileError(KeyFileCode.MISSING, path) from error
    info = describe(der)
    if info.purpose is not purpose or info.public_key != key.public_key():
        raise KeyFileError(KeyFileCode.MALFORMED, path)
    return der, info, Issuer(load_certificate(der), key)
