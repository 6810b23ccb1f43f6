"""The registry from here: exchange port with our certificate, enrolment port, its clock, the roster and its keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # ships no stubs

from certs.files import KeyFileError
from certs.identity import describe
from certs.issuing import renewal_due
from certs.keys import load_p256
from certs.notes import NoteError, parse_and_verify
from certs.tls import channel_credentials, enrolment_channel_credentials
from certs.trust import Trust, verify_roster
from delegation.errors import Reason, Refusal
from delegation.regions import load_regions
from node.examination.findings import Finding, Status, ill, well
from node.examination.folder import dates_of
from node.keyring import Keyring
from node.link import refusal_of
from node.roster_cache import ALARM_FROZEN, STOP_SEALING, WARN_CUT_OFF
from node.settings import NodeSettings
from node.setup import CHANNEL, authorities, read_certificate
from xieban.federation.v1 import exchange_pb2, exchange_pb2_grpc, log_pb2, log_pb2_grpc

_SECONDS = 5.0
_CLOCK_WARN, _CLOCK_REFUSED = timedelta(minutes=5), timedelta(hours=1)  # as the registry judges sent-at


@dataclass(frozen=True, slots=True)
class Seen:
    """What the exchange port showed."""

    finding: Finding
    connected: bool = False
    registry_time: datetime | None = None


def newest_trust(settings: NodeSettings, signed: bytes, at: datetime) -> tuple[Trust | None, Finding | None]:
    """The newest kept roster under the pinned authority, or what is wrong with it."""
    if not signed:
        return None, ill("roster", Status.FAILED, "no_roster")
    try:
        seal = authorities(settings)[1]
        return verify_roster(signed, seal_authority=seal, regions=load_regions(), at=at), None
    except Refusal:
        return None, ill("roster", Status.FAILED, "roster_untrusted")


def check_roster(trust: Trust, at: datetime, *, connected: bool) -> Finding:
    """Its age: 24 h cut off, 26 h though connected, 14 days (protocol 9.4)."""
    age = at - trust.statement.issued_at
    hours = int(age.total_seconds() // 3600)
    if age > STOP_SEALING:
        return ill("roster", Status.FAILED, "roster_too_old", days=age.days)
    if connected and age > ALARM_FROZEN:
        return ill("roster", Status.FAILED, "roster_frozen", hours=hours)
    if age > WARN_CUT_OFF:
        return ill("roster", Status.WARNING, "roster_cut_off", hours=hours)
    return well("roster")


def check_units(settings: NodeSettings, trust: Trust, at: datetime) -> Iterator[Finding]:
    """Each unit's seal and sealing key, as the roster shows them and as we hold them."""
    try:
        keyring = Keyring(settings.keys_dir)
    except (KeyFileError, OSError):
        return  # told with the keys
    keyring.match(trust.view, at)
    if not settings.units:
        yield ill("units", Status.FAILED, "no_units")
    for unit in settings.units:
        yield _seal(keyring, unit, at)
        yield _sealing(keyring, trust, unit, at)


def _seal(keyring: Keyring, unit: str, at: datetime) -> Finding:
    name = f"certificate:{unit}"
    try:
        _, certificate = keyring.signing_key(unit)
    except Refusal:
        return ill(name, Status.FAILED, "no_unit_certificate", unit=unit)
    return dates_of(name, unit, describe(certificate), at) or well(name)


def _sealing(keyring: Keyring, trust: Trust, unit: str, at: datetime) -> Finding:
    name = f"sealing_key:{unit}"
    try:
        key = trust.sealing_key(unit, at)
    except Refusal:
        return ill(name, Status.FAILED, "no_sealing_key", unit=unit)
    if key.key_id not in keyring.sealing_key_ids(unit):
        return ill(name, Status.FAILED, "sealing_key_lost", unit=unit)
    if at >= renewal_due(key.not_before, key.not_after):
        return ill(name, Status.WARNING, "sealing_key_ends", unit=unit, day=key.not_after.date())
    return well(name)


def check_exchange(settings: NodeSettings, trust: Trust | None, at: datetime) -> Seen:
    """The port behind client certificates: a signed head of the log, and the registry's time. Disturbs no stream."""
    try:
        credentials = channel_credentials(
            load_p256(settings.keys_dir / f"{CHANNEL}.pem"),
            read_certificate(settings, CHANNEL),
            channel_authorities=authorities(settings)[0],
        )
    except (Refusal, KeyFileError, OSError, ValueError):
        return Seen(ill("registry", Status.FAILED, "registry_away", reason="NOT_ENROLLED"))
    started = monotonic()
    with grpc.secure_channel(settings.registry_address, credentials) as channel:
        try:
            head = log_pb2_grpc.LogServiceStub(channel).GetCheckpoint(log_pb2.GetCheckpointRequest(), timeout=_SECONDS)
        except grpc.RpcError as error:
            refusal = refusal_of(error)
            fault = "registry_away" if refusal.reason is Reason.UNAVAILABLE else "registry_refuses"
            return Seen(ill("registry", Status.FAILED, fault, reason=refusal.reason.value))
        request = exchange_pb2.SubmitEnvelopesRequest()
        request.sent_at.FromDatetime(at + timedelta(seconds=monotonic() - started))
        time = None
        try:
            stub = exchange_pb2_grpc.ExchangeServiceStub(channel)
            time = stub.SubmitEnvelopes(request, timeout=_SECONDS).registry_time.ToDatetime(tzinfo=UTC)
            time -= timedelta(seconds=monotonic() - started)
        except grpc.RpcError as error:
            if refusal_of(error).reason is Reason.CLOCK_OFF:
                return Seen(well("registry"), True, datetime.min.replace(tzinfo=UTC))
    finding = well("registry")
    if trust is not None:
        try:
            parse_and_verify(head.checkpoint, trust.view.registry.log_origin, trust.log_key)
        except NoteError:
            finding = ill("registry", Status.FAILED, "registry_log")
    return Seen(finding, True, time)


def check_clock(seen: Seen, at: datetime) -> Finding:
    """Ours against the registry's."""
    if seen.registry_time is None:
        return ill("clock", Status.WARNING, "clock_unknown")
    if seen.registry_time.year == 1:  # it said CLOCK_OFF, and no more
        return ill("clock", Status.FAILED, "clock_refused", seconds=f">{int(_CLOCK_REFUSED.total_seconds())}")
    off = abs(at - seen.registry_time)
    seconds = int(off.total_seconds())
    if off >= _CLOCK_REFUSED:
        return ill("clock", Status.FAILED, "clock_refused", seconds=seconds)
    return ill("clock", Status.WARNING, "clock_off", seconds=seconds) if off >= _CLOCK_WARN else well("clock")


def check_enrolment(settings: NodeSettings) -> Finding:
    """The port that asks for no certificate, by the health service."""
    credentials = enrolment_channel_credentials(authorities(settings)[0])
    with grpc.secure_channel(settings.enrolment_address, credentials) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        except grpc.RpcError as error:
            return ill("enrolment", Status.WARNING, "enrolment_away", reason=refusal_of(error).reason.value)
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        return ill("enrolment", Status.WARNING, "enrolment_ill")
    return well("enrolment")
