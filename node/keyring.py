"""The node's private keys: files of mode 0600 under keys/, never in the database nor its backup.

    keys/channel.pem channel.der   TLS                      keys/node.pem node.der   acknowledgements and alarms
    keys/channel-authority-N.der   whom TLS believes        keys/seal-authority.der  whom the roster must be signed by
    keys/master.key                wraps data keys
    keys/units/<unit>/signing-<digest>.pem     the seal     keys/units/<unit>/sealing-<key id>.pem

Old signing and sealing keys stay: an old letter must open, an old key vouches for its successor. Certificates of units
come from the roster; which private key belongs to one is told by its public key.
"""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from certs.files import make_folder
from certs.identity import describe
from certs.keys import load_p256, load_x25519, new_p256, new_x25519, save_private
from delegation.errors import Reason, Refusal
from delegation.payloads import sealing_key_id
from delegation.roster_view import RosterView

MASTER_FILE = "master.key"


def public_bytes(key: EllipticCurvePrivateKey) -> bytes:
    """The public half of a P-256 key, SubjectPublicKeyInfo DER."""
    return spki(key.public_key())


def spki(key: EllipticCurvePublicKey) -> bytes:
    """A P-256 public key, SubjectPublicKeyInfo DER."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class Keyring:
    """Keys of the units that this node serves. Reads the folder when asked to; holds keys in memory after that."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._signing: dict[str, list[EllipticCurvePrivateKey]] = {}
        self._sealing: dict[tuple[str, bytes], X25519PrivateKey] = {}
        self._certificates: dict[str, tuple[EllipticCurvePrivateKey, bytes]] = {}
        self.load()

    def load(self) -> None:
        """Read every unit's keys. Raises KeyFileError for a file that others can read or that is no key."""
        signing: dict[str, list[EllipticCurvePrivateKey]] = {}
        sealing: dict[tuple[str, bytes], X25519PrivateKey] = {}
        for path in sorted((self.folder / "units").glob("*/*.pem"), key=lambda item: (item.stat().st_mtime, item.name)):
            unit = path.parent.name
            if path.name.startswith("signing-"):
                signing.setdefault(unit, []).append(load_p256(path))
            elif path.name.startswith("sealing-"):
                key = load_x25519(path)
                sealing[unit, sealing_key_id(key.public_key().public_bytes_raw())] = key
        self._signing, self._sealing = signing, sealing

    @property
    def units(self) -> frozenset[str]:
        """Units that have keys here."""
        return frozenset(self._signing) | {unit for unit, _ in self._sealing}

    def match(self, view: RosterView, at: datetime) -> None:
        """Choose each unit's signing certificate: the newest in the roster that is in date, not revoked, and ours."""
        chosen: dict[str, tuple[EllipticCurvePrivateKey, bytes]] = {}
        for unit, keys in self._signing.items():
            record = view.units.get(unit)
            if record is None:
                continue
            ours = {public_bytes(key): key for key in keys}
            best: tuple[datetime, EllipticCurvePrivateKey, bytes] | None = None
            for der in record.signing_certificates:
                info = describe(der)
                key = ours.get(spki(info.public_key))
                if key is None or not info.holds_at(at) or view.is_revoked(info.digest, at) is not None:
                    continue
                if best is None or info.not_before >= best[0]:
                    best = (info.not_before, key, der)
            if best is not None:
                chosen[unit] = best[1:]
        self._certificates = chosen

    def signing_key(self, unit: str) -> tuple[EllipticCurvePrivateKey, bytes]:
        """The unit's seal: private key and certificate. Refusal SIGNER_NOT_VALID when the roster holds none of ours."""
        found = self._certificates.get(unit)
        if found is None:
            raise Refusal(Reason.SIGNER_NOT_VALID, unit=unit)
        return found

    def certificate(self, unit: str) -> bytes:
        """The certificate that the unit signs with (DER); empty when the roster holds none of ours."""
        found = self._certificates.get(unit)
        return found[1] if found is not None else b""

    def newest_signing_key(self, unit: str) -> EllipticCurvePrivateKey | None:
        """The private key drawn last, certified or not."""
        return self._signing.get(unit, [None])[-1]

    def sealing_key(self, unit: str, key_id: bytes) -> X25519PrivateKey | None:
        """The private sealing key of that id, however old."""
        return self._sealing.get((unit, key_id))

    def sealing_key_ids(self, unit: str) -> frozenset[bytes]:
        """Ids of the sealing keys held for the unit."""
        return frozenset(key_id for held, key_id in self._sealing if held == unit)

    def draw_signing(self, unit: str) -> EllipticCurvePrivateKey:
        """A new signing key for the unit, on disk before it is returned."""
        key = new_p256()
        folder = self.folder / "units" / unit
        make_folder(folder)
        save_private(folder / f"signing-{sealing_key_id(public_bytes(key)).hex()}.pem", key)
        self._signing.setdefault(unit, []).append(key)
        return key

    def draw_sealing(self, unit: str) -> X25519PrivateKey:
        """A new sealing key for the unit, on disk before it is returned."""
        key = new_x25519()
        key_id = sealing_key_id(key.public_key().public_bytes_raw())
        folder = self.folder / "units" / unit
        make_folder(folder)
        save_private(folder / f"sealing-{key_id.hex()}.pem", key)
        self._sealing[unit, key_id] = key
        return key
