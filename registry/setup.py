"""Making a registry, letting bureaus in, and publishing what the seal authority signed: an operator's commands."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.authority import ChannelAuthority
from certs.files import make_folder, write_atomically
from certs.identity import Purpose, describe, spiffe_id
from certs.keys import certificate_digest, load_ed25519, load_p256, new_csr, new_ed25519, new_p256, save_private
from certs.tokens import new_token as make_token
from certs.trust import verify_roster
from delegation.codec_roster import SignedRosterParts, parse_signed_roster, signed_roster_bytes
from delegation.errors import Reason, Refusal
from delegation.regions import RegionTable, load_regions
from delegation.roster_view import RegistryInfo
from registry.records import SignedRosterRow, TokenRow
from registry.roster_check import check_roster
from registry.schema import check_schema, migrate
from registry.settings import RegistrySettings
from registry.sql_engine import make_engine
from registry.store import Store
from registry.store_sql import SqlStore

TOKEN_VALIDITY = timedelta(days=7)
_AUTHORITY, _LOG_KEY, _SERVER_KEY, _SERVER, _SEAL = (
    "channel-authority",
    "log.key",
    "server.key",
    "server.der",
    "seal-authority.der",
)


class Keys:
    """The registry's own keys and the authorities that it knows, read from its data folder."""

    def __init__(self, settings: RegistrySettings) -> None:
        folder = settings.keys_dir
        self.authority = ChannelAuthority.load(folder / _AUTHORITY)
        self.log_key: Ed25519PrivateKey = load_ed25519(folder / _LOG_KEY)
        self.server_key: EllipticCurvePrivateKey = load_p256(folder / _SERVER_KEY)
        self.server_certificate = _read(folder / _SERVER)
        self.seal_authority = _read(folder / _SEAL)
        self.channel_authorities = (self.authority.certificate,)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Refusal(Reason.INVALID_INPUT, field=path.name) from error


def open_store(settings: RegistrySettings) -> SqlStore:
    """The store of the settings, with the schema of this program. Raises Refusal SCHEMA_TOO_NEW."""
    engine = make_engine(settings.database)
    migrate(engine)
    return SqlStore(engine)


def init(settings: RegistrySettings, at: datetime, *, seal_authority: bytes | None = None) -> RegistryInfo:
    """Make keys, channel authority and schema in an empty data folder; gives what the roster says of the registry.

    The seal authority's certificate (DER) is pinned: the argument, else the file that the settings name. The registry
    never holds its key. Raises Refusal: INVALID_INPUT without one, CERTIFICATE_PURPOSE for another certificate;
    KeyFileError(EXISTS) rather than replace a key.
    """
    if seal_authority is None:
        if settings.seal_authority is None:
            raise Refusal(Reason.INVALID_INPUT, field="seal_authority")
        seal_authority = _read(settings.seal_authority)
    if describe(seal_authority).purpose is not Purpose.SEAL_AUTHORITY:
        raise Refusal(Reason.CERTIFICATE_PURPOSE, expected=Purpose.SEAL_AUTHORITY.value)
    make_folder(settings.data_dir)
    make_folder(settings.keys_dir)
    make_folder(settings.materials_dir)
    folder = settings.keys_dir
    authority = ChannelAuthority.create(folder / _AUTHORITY, settings.trust_domain, at)
    log_key, server_key = new_ed25519(), new_p256()
    save_private(folder / _LOG_KEY, log_key)
    save_private(folder / _SERVER_KEY, server_key)
    certificate = authority.issue_registry_server(new_csr(server_key), host_names=settings.host_names, at=at)
    write_atomically(folder / _SERVER, certificate, mode=0o644)
    write_atomically(folder / _SEAL, seal_authority, mode=0o644)
    settings.save()
    open_store(settings).close()
    return registry_info(settings)


def renew_server_certificate(settings: RegistrySettings, at: datetime) -> None:
    """A new TLS certificate for the same key, taken up at the next start."""
    keys = Keys(settings)
    renewed = keys.authority.issue_registry_server(new_csr(keys.server_key), host_names=settings.host_names, at=at)
    write_atomically(settings.keys_dir / _SERVER, renewed, mode=0o644)


def registry_info(settings: RegistrySettings) -> RegistryInfo:
    """What the roster says of this registry."""
    keys = Keys(settings)
    return RegistryInfo(
        log_origin=settings.origin,
        log_public_key=keys.log_key.public_key().public_bytes_raw(),
        channel_authorities=keys.channel_authorities,
        spiffe_id=spiffe_id(settings.trust_domain, Purpose.REGISTRY),
    )


def new_token(settings: RegistrySettings, bureau: str, at: datetime, *, validity: timedelta = TOKEN_VALIDITY) -> str:
    """A one-time enrolment token for a bureau, for seven days. Raises ValueError for a malformed bureau code."""
    keys = Keys(settings)
    expires = at + validity
    text, token_hash = make_token(
        bureau, expires, certificate_digest(keys.authority.certificate), certificate_digest(keys.seal_authority)
    )
    store = _open_existing(settings)
    try:
        store.add_token(TokenRow(token_hash=token_hash, bureau=bureau, expires_at=expires))
    finally:
        store.close()
    return text


def publish_roster(settings: RegistrySettings, signed: bytes, at: datetime) -> int:
    """Verify a signed roster under the pinned seal authority and publish it; gives its version.

    A running registry notices within a second and logs it. Raises Refusal as `certs.trust.verify_roster`, also for a
    version below the one in force, and as `registry.roster_check.check_roster`: nothing is published then.
    """
    store = _open_existing(settings)
    try:
        return publish(store, signed, seal_authority=Keys(settings).seal_authority, regions=load_regions(), at=at)
    finally:
        store.close()


def publish(store: Store, signed: bytes, *, seal_authority: bytes, regions: RegionTable, at: datetime) -> int:
    """As `publish_roster`, into an open store."""
    newest = store.roster(0)
    held = None
    if newest is not None:
        held = verify_roster(rejoined(newest), seal_authority=seal_authority, regions=regions, at=at)
    trust = verify_roster(signed, seal_authority=seal_authority, regions=regions, at=at, held=held)
    check_roster(trust)
    if held is not None and trust.statement.version == held.statement.version:
        if trust.statement == held.statement:
            return trust.view.version
        if trust.statement.issued_at <= held.statement.issued_at:
            raise Refusal(Reason.ROSTER_NOT_TRUSTED, why="older_statement")
    parts = parse_signed_roster(signed)
    digest = hashlib.sha256(parts.statement).digest()
    store.publish(SignedRosterRow(trust.view.version, parts.roster, parts.statement, parts.signature, digest, -1, at))
    return trust.view.version


def rejoined(row: SignedRosterRow) -> bytes:
    """A stored roster as it came."""
    return signed_roster_bytes(SignedRosterParts(row.roster, row.statement, row.signature))


def _open_existing(settings: RegistrySettings) -> SqlStore:
    engine = make_engine(settings.database)
    check_schema(engine)
    return SqlStore(engine)


def write_ports(settings: RegistrySettings, ports: dict[str, int]) -> None:
    """Tell the bound ports in ports.json, whole or not at all."""
    body = "{" + ", ".join(f'"{name}": {port}' for name, port in sorted(ports.items())) + "}\n"
    write_atomically(settings.data_dir / "ports.json", body.encode(), mode=0o644)
