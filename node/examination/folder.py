"""Files: keys and their modes, certificates and their dates, room on the disk."""

import shutil
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from certs.files import KeyFileCode, KeyFileError, read_secret
from certs.identity import CertificateInfo, describe
from certs.issuing import renewal_due
from certs.keys import load_private
from certs.rest import MasterKey
from delegation.errors import Refusal
from node.examination.findings import Finding, Status, ill, well
from node.keyring import MASTER_FILE
from node.settings import NodeSettings
from node.setup import CHANNEL, NODE

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MIB = 1024 * 1024
_LOW = 1024**3
_FAULTS = {KeyFileCode.MISSING: "key_missing", KeyFileCode.READABLE_BY_OTHERS: "key_readable"}


def check_keys(settings: NodeSettings) -> Iterator[Finding]:
    """Every key file: there, ours alone, and a key."""
    folder = settings.keys_dir
    paths = {folder / f"{name}.pem" for name in (CHANNEL, NODE)} | set(folder.rglob("*.pem"))
    faults = [_key_fault(path, folder) for path in sorted({*paths, folder / MASTER_FILE})]
    found = [fault for fault in faults if fault is not None]
    for path in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        if path.is_dir() and stat.S_IMODE(path.stat().st_mode) & _OTHERS:
            found.append(ill("keys", Status.FAILED, "folder_open", file=path.relative_to(settings.data_dir)))
    yield from found or [well("keys")]


def _key_fault(path: Path, folder: Path) -> Finding | None:
    try:
        if path.name == MASTER_FILE:
            MasterKey.load(path)
        else:
            read_secret(path)
            load_private(path)
    except KeyFileError as error:
        fault = _FAULTS.get(error.code, "key_broken")
        return ill("keys", Status.FAILED, fault, file=path.relative_to(folder), code=error.code.value)
    except OSError:
        return ill("keys", Status.FAILED, "key_broken", file=path.relative_to(folder), code="IO")
    return None


def check_certificates(settings: NodeSettings, at: datetime) -> Iterator[Finding]:
    """Channel and node certificates and the pinned authorities: dates, and that key and certificate belong together."""
    names = [CHANNEL, NODE, "seal-authority"]
    names += [path.stem for path in sorted(settings.keys_dir.glob("channel-authority-*.der"))]
    for name in names:
        label = f"certificate:{name}"
        path = settings.keys_dir / f"{name}.der"
        try:
            info = describe(path.read_bytes())
        except OSError:
            yield ill(label, Status.FAILED, "not_enrolled", file=path.name)
        except (Refusal, ValueError):
            yield ill(label, Status.FAILED, "certificate_malformed", file=path.name)
        else:
            yield dates_of(label, path.name, info, at) or _belongs(label, path, info) or well(label)


def dates_of(label: str, file: str, info: CertificateInfo, at: datetime) -> Finding | None:
    """What is wrong with a certificate's dates, None when nothing is."""
    if at > info.not_after:
        return ill(label, Status.FAILED, "certificate_expired", file=file, day=info.not_after.date())
    if at < info.not_before:
        return ill(label, Status.FAILED, "certificate_early", file=file, day=info.not_before.date())
    if at >= renewal_due(info.not_before, info.not_after):
        return ill(label, Status.WARNING, "certificate_ends", file=file, day=info.not_after.date())
    return None


def _belongs(label: str, path: Path, info: CertificateInfo) -> Finding | None:
    try:
        key = load_private(path.with_suffix(".pem"))
    except (KeyFileError, OSError):
        return None  # an authority, whose key is elsewhere, or a fault told with the keys
    if isinstance(key, EllipticCurvePrivateKey) and key.public_key() == info.public_key:
        return None
    return ill(label, Status.FAILED, "certificate_key", file=path.name)


def check_disk(settings: NodeSettings) -> Finding:
    """Room for more."""
    try:
        free = shutil.disk_usage(settings.data_dir).free
    except OSError:
        return ill("disk", Status.FAILED, "folder_missing")
    least = settings.min_free_bytes
    if free < least:
        return ill("disk", Status.FAILED, "disk_full", free=free // _MIB, least=least // _MIB)
    if free < least + _LOW:
        return ill("disk", Status.WARNING, "disk_low", free=free // _MIB)
    return well("disk")
