"""Making a node: keys and data folder, enrolment with a one-time token, requests for its units' keys."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import grpc

from certs.files import make_folder, write_atomically
from certs.identity import Purpose, describe
from certs.keys import certificate_digest, load_p256, new_csr, new_p256, save_private
from certs.rest import MasterKey
from certs.tls import enrolment_channel_credentials
from certs.tls_pin import fetch_authority
from certs.tokens import parse_token
from certs.unit_request import UnitRequest, new_unit_request, sealing_key_request
from delegation.digits import parse_unit_code
from delegation.errors import Reason, Refusal
from delegation.regions import load_regions
from delegation.roster_view import RosterView
from node.database import open_store
from node.desk.accounts import add_account as make_account
from node.keyring import MASTER_FILE, Keyring
from node.link import refusal_of
from node.records import RosterRecord
from node.roster_cache import RosterCache
from node.settings import NodeSettings
from xieban.federation.v1 import enrolment_pb2, enrolment_pb2_grpc

CHANNEL, NODE = "channel", "node"
_SEAL_AUTHORITY = "seal-authority.der"
_CHANNEL_AUTHORITY = "channel-authority"


def init(settings: NodeSettings, at: datetime) -> None:
    """Make keys, master key and database in the data folder. What is there already stays.

    Raises:
        Refusal: SCHEMA_TOO_NEW.
        KeyFileError: the folder holds keys that others can read.
    """
    del at
    make_folder(settings.data_dir)
    make_folder(settings.keys_dir)
    make_folder(settings.keys_dir / "units")
    make_folder(settings.materials_dir)
    for name in (CHANNEL, NODE):
        path = settings.keys_dir / f"{name}.pem"
        if not path.exists():
            save_private(path, new_p256())
    master = settings.keys_dir / MASTER_FILE
    if not master.exists():
        MasterKey.create(master)
    settings.save()
    open_store(settings).close()


def enrol(settings: NodeSettings, token: str, at: datetime, *, renew_keys: bool = False) -> NodeSettings:
    """Exchange a one-time token for certificates, and pin both authorities. Gives settings with what was learned.

    The token's digests say whom to believe before anything is sent. `renew_keys` draws new channel and node keys;
    they take the old ones' place when the registry has certified them.

    Raises:
        Refusal: TOKEN_NOT_VALID, CERTIFICATE_NOT_TRUSTED when an authority is not the token's, UNAVAILABLE, or what the
            registry says.
    """
    parsed = parse_token(token, at=at)
    if settings.bureau and settings.bureau != parsed.bureau:
        raise Refusal(Reason.TOKEN_NOT_VALID, why="bureau")
    host, _, port = settings.enrolment_address.rpartition(":")
    authority = fetch_authority(host, int(port), digest=parsed.channel_ca_digest)
    paths = {name: settings.keys_dir / f"{name}.pem" for name in (CHANNEL, NODE)}
    keys = {name: new_p256() if renew_keys else load_p256(path) for name, path in paths.items()}
    request = enrolment_pb2.EnrolRequest(
        token=parsed.secret, channel_request=new_csr(keys[CHANNEL]), node_request=new_csr(keys[NODE])
    )
    credentials = enrolment_channel_credentials([authority])
    with grpc.secure_channel(settings.enrolment_address, credentials) as channel:
        try:
            answer = enrolment_pb2_grpc.EnrolmentServiceStub(channel).Enrol(request, timeout=30)
        except grpc.RpcError as error:
            raise refusal_of(error) from None
    if certificate_digest(answer.seal_authority) != parsed.seal_ca_digest:
        raise Refusal(Reason.CERTIFICATE_NOT_TRUSTED, why="seal_authority")
    if parsed.channel_ca_digest not in [certificate_digest(der) for der in answer.channel_authorities]:
        raise Refusal(Reason.CERTIFICATE_NOT_TRUSTED, why="channel_authority")
    if renew_keys:  # not before they are certified: a refused token leaves the node as it was
        for name, path in paths.items():
            save_private(path, keys[name], replace=True)
    keep_enrolment(
        settings,
        channel_certificate=answer.channel_certificate,
        node_certificate=answer.node_certificate,
        channel_authorities=tuple(answer.channel_authorities),
        seal_authority=answer.seal_authority,
    )
    enrolled = settings.model_copy(
        update={"bureau": answer.bureau, "federation_id": answer.federation_id, "trust_domain": answer.trust_domain}
    )
    enrolled.save()
    return enrolled


def keep_enrolment(
    settings: NodeSettings,
    *,
    channel_certificate: bytes,
    node_certificate: bytes,
    channel_authorities: tuple[bytes, ...],
    seal_authority: bytes,
) -> None:
    """Write certificates and pinned authorities. Refusal CERTIFICATE_PURPOSE, CERTIFICATE_NOT_TRUSTED (why=key)."""
    for name, der, purpose in (
        (CHANNEL, channel_certificate, Purpose.CHANNEL),
        (NODE, node_certificate, Purpose.NODE),
    ):
        info = describe(der)
        if info.purpose is not purpose:
            raise Refusal(Reason.CERTIFICATE_PURPOSE, expected=purpose.value)
        if info.public_key != load_p256(settings.keys_dir / f"{name}.pem").public_key():
            raise Refusal(Reason.CERTIFICATE_NOT_TRUSTED, why="key")
        write_atomically(settings.keys_dir / f"{name}.der", der, mode=0o644)
    for path in settings.keys_dir.glob(f"{_CHANNEL_AUTHORITY}-*.der"):
        path.unlink()
    for number, der in enumerate(channel_authorities):
        write_atomically(settings.keys_dir / f"{_CHANNEL_AUTHORITY}-{number}.der", der, mode=0o644)
    write_atomically(settings.keys_dir / _SEAL_AUTHORITY, seal_authority, mode=0o644)


def unit_request(
    settings: NodeSettings, unit: str, at: datetime, *, rotate: bool = False, sealing_only: bool = False
) -> UnitRequest:
    """What the seal authority is asked to certify: both keys of a unit, or (`sealing_only`) a new sealing key alone.

    Private keys are on disk before the request exists. Keys that were drawn before and are not certified yet are asked
    for again; `rotate` draws new ones. A unit that has a certified key vouches for the new one with it; which that is,
    the newest roster that the node kept says.

    Raises:
        DigitError: a malformed unit code.
        Refusal: for `rotate` and `sealing_only`, before any key is drawn, what the seal authority would refuse later:
            ROSTER_NOT_READY (why=never_served) while the node kept no roster, SIGNER_NOT_VALID (why=key_not_held)
            when the roster has keys of the unit and none in force is ours, or, for `sealing_only`, has none at all.
    """
    parse_unit_code(unit)
    keyring = Keyring(settings.keys_dir)
    view = _newest_roster(settings, at)
    if view is not None:
        keyring.match(view, at)
    earlier = keyring.signing_key(unit) if keyring.certificate(unit) else None
    if earlier is None and (rotate or sealing_only):
        if view is None:
            raise Refusal(Reason.ROSTER_NOT_READY, unit=unit, why="never_served")
        if sealing_only or (unit in view.units and view.units[unit].signing_certificates):
            raise Refusal(Reason.SIGNER_NOT_VALID, unit=unit, why="key_not_held")
    if sealing_only and earlier is not None:
        sealing = keyring.draw_sealing(unit)
        return sealing_key_request(
            unit, signing_key=earlier[0], certificate=earlier[1], sealing_key=sealing.public_key(), at=at
        )
    held = keyring.newest_signing_key(unit)
    fresh = rotate or held is None or earlier is not None
    signing = keyring.draw_signing(unit) if fresh or held is None else held
    sealing = keyring.draw_sealing(unit)
    request = new_unit_request(unit, signing_key=signing, sealing_key=sealing.public_key(), at=at, earlier=earlier)
    served = NodeSettings.load(settings.data_dir).units
    if unit not in served:
        settings.model_copy(update={"units": (*served, unit)}).save()
    return request


def _newest_roster(settings: NodeSettings, at: datetime) -> RosterView | None:
    """The newest roster that the node kept, verified again; None before the first."""
    if not (settings.keys_dir / _SEAL_AUTHORITY).exists():
        return None
    store = open_store(settings)
    try:
        newest = store.select(RosterRecord, order=("version",), descending=True, limit=1)
    finally:
        store.close()
    if not newest:
        return None
    rosters = RosterCache(seal_authority=authorities(settings)[1], regions=load_regions())
    return rosters.verify(newest[0].signed, at=at, old=True).view


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Refusal(Reason.INVALID_INPUT, field=path.name) from error


def read_certificate(settings: NodeSettings, name: str) -> bytes:
    """The channel or node certificate (DER). Refusal INVALID_INPUT before enrolment."""
    return _read(settings.keys_dir / f"{name}.der")


def authorities(settings: NodeSettings) -> tuple[tuple[bytes, ...], bytes]:
    """Pinned certificates: of the channel authority (also those a rotation left), and of the seal authority."""
    channel = tuple(path.read_bytes() for path in sorted(settings.keys_dir.glob(f"{_CHANNEL_AUTHORITY}-*.der")))
    return channel, _read(settings.keys_dir / _SEAL_AUTHORITY)


def add_account(
    settings: NodeSettings,
    at: datetime,
    *,
    staff_id: str,
    name: str,
    password: str,
    units: Sequence[str],
    roles: Sequence[str],
    phone: str = "",
) -> None:
    """An account made on the machine itself while the node does not run. Raises Refusal INVALID_INPUT."""
    store = open_store(settings)
    try:
        make_account(
            store,
            at,
            master=MasterKey.load(settings.keys_dir / MASTER_FILE),
            served=settings.units,
            staff_id=staff_id,
            name=name,
            password=password,
            units=units,
            roles=roles,
            phone=phone,
        )
    finally:
        store.close()
