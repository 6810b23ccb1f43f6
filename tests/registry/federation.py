"""A small real federation around one registry: authorities, six bureaus with keys, letters that are sealed and signed.

The wall clock of TLS cannot be faked, so the federation's own clock begins at the real time and can only be moved on.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no stubs

from certs.acknowledge import sign_batch
from certs.authority import SealAuthority
from certs.envelope import SealedEnvelope, seal_and_sign
from certs.keys import certificate_digest, new_csr, new_p256, new_x25519
from certs.tls import channel_credentials
from certs.unit_request import sealing_statement
from certs.vouching import Vouching, VouchingKind, vouching_bytes
from delegation.codec_entry import acknowledgement_bytes, parse_entry
from delegation.codec_roster import parse_sealing_key_statement, parse_signed_roster
from delegation.codec_roster_write import roster_bytes
from delegation.codes import Kind, LegalBasis, Matter, Priority
from delegation.deadlines import day_of
from delegation.digits import delegation_number
from delegation.model import (
    Acknowledgement,
    AcknowledgementStatus,
    Base,
    ClockFacts,
    Entry,
    EnvelopeAnswer,
    EnvelopeRef,
    Header,
)
from delegation.payloads import sealing_key_id
from delegation.roster_view import Revocation, RosterView, SealingKey, Unit
from registry.records import SignedRosterRow
from registry.server import Registry
from registry.settings import Quotas, RegistrySettings
from registry.setup import init, publish
from registry.store import Store
from tests import builders
from tests.builders import CHENGDU_RD, FEDERATION, HANGZHOU_RD, a_header
from xieban.delegation.v1 import body_pb2, codes_pb2
from xieban.federation.v1 import (
    exchange_pb2,
    exchange_pb2_grpc,
    log_pb2_grpc,
    monitor_pb2_grpc,
    roster_pb2_grpc,
)

DAY = timedelta(days=1)
TRUST_DOMAIN = "xieban.test"
HANGZHOU, CHENGDU, DEYANG, SICHUAN = "330100", "510100", "510600", "510000"


class Clock:
    """The federation's time; monotonic time goes with it unless the wall clock jumps."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self.steady = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.steady

    def advance(self, by: timedelta) -> None:
        self.at += by
        self.steady += by.total_seconds()

    def jump(self, by: timedelta) -> None:
        self.at += by


@dataclass
class UnitKeys:
    """A unit's private keys and certificates."""

    code: str
    signing: EllipticCurvePrivateKey
    certificate: bytes
    sealing: dict[bytes, X25519PrivateKey] = field(default_factory=dict)
    newest: bytes = b""

    @property
    def seal_to(self) -> tuple[str, bytes, bytes]:
        return self.code, self.newest, self.sealing[self.newest].public_key().public_bytes_raw()


@dataclass(frozen=True)
class BureauKeys:
    """A bureau's channel and node key."""

    code: str
    channel_key: EllipticCurvePrivateKey
    channel_certificate: bytes
    node_key: EllipticCurvePrivateKey
    node_certificate: bytes


class Federation:
    """Everything but the registry's process."""

    def __init__(self, folder: Path, clock: Clock | None = None, **settings: Any) -> None:
        self.clock = clock or Clock()
        self.folder = folder
        long_ago = self.clock.at - 200 * DAY
        self.seal = SealAuthority.create(folder / "seal", FEDERATION, long_ago)
        given: dict[str, Any] = {
            "federation_id": FEDERATION,
            "trust_domain": TRUST_DOMAIN,
            "exchange_address": "127.0.0.1:0",
            "enrolment_address": "127.0.0.1:0",
            "metrics_address": "127.0.0.1:0",
            "log_level": "error",
            "roster_poll_seconds": 0.05,
            "sweep_seconds": 3600.0,
            "quotas": Quotas(calls_a_second=10_000.0),
        }
        self.settings = RegistrySettings(data_dir=folder / "registry", **{**given, **settings})
        info = init(self.settings, long_ago, seal_authority=self.seal.certificate)
        self.keys: dict[str, UnitKeys] = {}
        units = {code: self._unit(builders.a_unit(code)) for code in builders.a_roster().units}
        self.view: RosterView = replace(
            builders.a_roster(), registry=info, units=units, composed_at=self.clock.at - DAY
        )
        self._number = 0

    def _unit(self, unit: Unit) -> Unit:
        signing = new_p256()
        at = self.clock.at - 20 * DAY
        word = vouching_bytes(Vouching(VouchingKind.AUTHORITY))  # so that older keys may stand beside it
        keys = UnitKeys(unit.code, signing, self.seal.issue_unit(new_csr(signing), unit.code, at, vouching=word))
        self.keys[unit.code] = keys
        return replace(
            unit, signing_certificates=(keys.certificate,), sealing_keys=(self.new_sealing_key(keys, at + DAY),)
        )

    def new_sealing_key(self, keys: UnitKeys, at: datetime) -> SealingKey:
        key = new_x25519()
        statement, signature = sealing_statement(
            keys.code,
            signing_key=keys.signing,
            sealing_key=key.public_key(),
            signer=certificate_digest(keys.certificate),
            at=at,
        )
        stated = parse_sealing_key_statement(statement)
        keys.newest = sealing_key_id(stated.public_key)
        keys.sealing[keys.newest] = key
        return SealingKey(
            key_id=keys.newest,
            public_key=stated.public_key,
            not_before=stated.not_before,
            not_after=stated.not_after,
            statement=statement,
            signature=signature,
            signer_certificate=stated.signer_certificate,
        )

    # the roster

    def signed_roster(self, at: datetime | None = None) -> bytes:
        return self.seal.sign_roster(roster_bytes(self.view), at or self.clock.at)

    def change(self, **changes: Any) -> None:
        """The roster's next version."""
        self.view = replace(self.view, version=self.view.version + 1, **changes)

    def revoke(self, digest: bytes, at: datetime | None = None) -> None:
        found = Revocation(digest, at or self.clock.at, None)
        self.change(revocations={**self.view.revocations, digest: found})

    def publish(self, store: Store) -> None:
        publish(
            store,
            self.signed_roster(),
            seal_authority=self.seal.certificate,
            regions=builders.regions(),
            at=self.clock.at,
        )

    def put_unchecked(self, store: Store) -> None:
        """The signed roster into the store past every check, as a program that asks nothing would."""
        parts = parse_signed_roster(self.signed_roster())
        digest = hashlib.sha256(parts.statement).digest()
        at = self.clock.at
        row = SignedRosterRow(self.view.version, parts.roster, parts.statement, parts.signature, digest, -1, at)
        store.publish(row)

    # bureaus

    def bureau(self, registry: Registry, code: str, at: datetime | None = None) -> BureauKeys:
        """Fresh channel and node keys of a bureau."""
        at = at or self.clock.at - timedelta(hours=1)
        channel, node = new_p256(), new_p256()
        authority = registry.keys.authority
        return BureauKeys(
            code,
            channel,
            authority.issue_channel(new_csr(channel), code, at),
            node,
            authority.issue_node(new_csr(node), code, at),
        )

    # envelopes

    def number(self) -> int:
        self._number += 1
        return self._number

    def seal_header(self, header: Header, *, text: str = "内容") -> SealedEnvelope:
        """Seal and sign a draft of any sender to its recipients' newest keys."""
        body = body_pb2.Body(
            kind=codes_pb2.EventKind.ValueType(header.kind), thread_id=header.thread_id, text=text
        ).SerializeToString(deterministic=True)
        keys = self.keys[header.sender_unit]
        return seal_and_sign(
            header,
            body,
            recipients=[self.keys[recipient.unit].seal_to for recipient in header.recipients],
            signing_key=keys.signing,
            certificate=keys.certificate,
        )

    def letter(self, home: str = HANGZHOU_RD, host: str = CHENGDU_RD, **changes: Any) -> SealedEnvelope:
        """A letter of delegation that opens a new thread."""
        number = self.number()
        today = day_of(self.clock.at)
        place = replace(a_header().task_place or _no_place(), code=host[:6])
        draft = a_header(
            envelope_id=uuid7_at(self.clock.at, number),
            thread_id=delegation_number(today, home[:6], number),
            case_id=builders.a_uuid4(number),
            sender_unit=home,
            counterpart_unit=host,
            recipients=tuple(builders.a_recipient(unit) for unit in (home, host)),
            clock=ClockFacts(accepted_on=today - 2 * DAY, procedure=a_header().clock.procedure),
            task_place=place,
            claimed_at=self.clock.at,
            roster_version=self.view.version,
        )
        return self.seal_header(replace(draft, **changes))

    def move(
        self,
        thread: Header,
        kind: Kind,
        sender: str,
        *,
        base: Entry | None = None,
        predecessor: EnvelopeRef | None = None,
        **changes: Any,
    ) -> SealedEnvelope:
        """A further envelope of a thread, to the other side."""
        other = thread.counterpart_unit if sender == thread.sender_unit else thread.sender_unit
        draft = a_header(
            envelope_id=uuid7_at(self.clock.at, self.number()),
            thread_id=thread.thread_id,
            case_id=thread.case_id,
            kind=kind,
            sender_unit=sender,
            counterpart_unit=other,
            recipients=tuple(builders.a_recipient(unit) for unit in (sender, other)),
            clock=ClockFacts(),
            task_place=None,
            matter=Matter.UNSPECIFIED,
            legal_basis=LegalBasis.UNSPECIFIED,
            priority=Priority.UNSPECIFIED,
            claimed_at=self.clock.at,
            base=Base(0, b"") if base is None else Base(base.thread_sequence, base.digest),
            predecessor=predecessor,
            roster_version=self.view.version,
            declared=None,
        )
        return self.seal_header(replace(draft, **changes))

    @asynccontextmanager
    async def running(self, store: Store | None = None) -> AsyncIterator[Registry]:
        """A registry of this federation, with the roster published."""
        registry = Registry(self.settings, store=store, clock=self.clock.now, monotonic=self.clock.monotonic)
        if registry.database.store.newest_statement() is None:
            self.publish(registry.database.store)
        try:
            await registry.start()
            yield registry
        finally:
            await registry.stop()

    @asynccontextmanager
    async def exchange(self, *bureaus: str, store: Store | None = None) -> AsyncIterator[Any]:
        """A running registry and a client for each bureau, as a tuple."""
        async with self.running(store) as registry, AsyncExitStack() as stack:
            clients = [Client(self, registry, self.bureau(registry, code)) for code in bureaus]
            for client in clients:
                await stack.enter_async_context(client)
            yield (registry, *clients)


def _no_place() -> Any:
    raise AssertionError("a letter has a place")


def uuid7_at(at: datetime, number: int) -> str:
    """A UUIDv7 of that time, told apart by `number`."""
    milliseconds = f"{int(at.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8000-{number:012x}"


class Client:
    """A bureau's end of the wire, over real mutual TLS."""

    def __init__(self, federation: Federation, registry: Registry, keys: BureauKeys) -> None:
        self.federation = federation
        self.keys = keys
        credentials = channel_credentials(
            keys.channel_key, keys.channel_certificate, channel_authorities=registry.keys.channel_authorities
        )
        self.channel = grpc.aio.secure_channel(f"127.0.0.1:{registry.ports['exchange']}", credentials)
        self.exchange = exchange_pb2_grpc.ExchangeServiceStub(self.channel)
        self.log = log_pb2_grpc.LogServiceStub(self.channel)
        self.rosters = roster_pb2_grpc.RosterServiceStub(self.channel)
        self.monitor = monitor_pb2_grpc.MonitorServiceStub(self.channel)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close()

    async def submit(self, *envelopes: SealedEnvelope) -> list[exchange_pb2.SubmitResult]:
        return list((await self.submit_request(*envelopes)).results)

    async def submit_request(self, *envelopes: SealedEnvelope) -> exchange_pb2.SubmitEnvelopesResponse:
        return await self.exchange.SubmitEnvelopes(submit_request(envelopes, self.federation.clock.at))

    async def accepted(self, envelope: SealedEnvelope) -> Entry:
        """Submit one that must be accepted; gives its entry."""
        (result,) = await self.submit(envelope)
        assert not result.reason, result.reason
        entry = parse_entry(result.entry)
        assert isinstance(entry.detail, EnvelopeAnswer)
        assert entry.detail.accepted, (entry.detail.reason, entry.detail.details)
        return entry

    def receive(self, **cursors: int) -> Any:
        """Open the delivery stream."""
        request = exchange_pb2.ReceiveDeliveriesRequest(
            cursors=[exchange_pb2.MailboxCursor(unit=unit, cursor=cursor) for unit, cursor in cursors.items()]
        )
        request.sent_at.FromDatetime(self.federation.clock.at)
        return self.exchange.ReceiveDeliveries(request)

    async def deliveries(self, count: int, **cursors: int) -> list[exchange_pb2.Delivery]:
        """The next so many deliveries from cursors, then the stream is closed."""
        found: list[exchange_pb2.Delivery] = []
        stream = self.receive(**cursors)
        async with asyncio.timeout(10):
            while len(found) < count:
                message = await stream.read()
                found.extend(message.deliveries)
        stream.cancel()
        return found

    def acknowledgement(
        self, delivery: exchange_pb2.Delivery, status: AcknowledgementStatus = AcknowledgementStatus.APPLIED
    ) -> bytes:
        """The leaf for a delivered envelope."""
        entry = parse_entry(delivery.envelope.entry)
        assert isinstance(entry.detail, EnvelopeAnswer)
        return acknowledgement_bytes(
            Acknowledgement(
                unit=delivery.unit,
                cursor=delivery.cursor,
                header_digest=entry.detail.envelope.header_digest,
                status=status,
                thread_id=entry.thread_id,
            )
        )

    async def acknowledge(self, *leaves: bytes) -> exchange_pb2.AcknowledgeDeliveriesResponse:
        return await self.exchange.AcknowledgeDeliveries(self.batch(*leaves))

    def batch(self, *leaves: bytes) -> exchange_pb2.AcknowledgeDeliveriesRequest:
        signed = sign_batch(leaves, federation_id=FEDERATION, bureau=self.keys.code, node_key=self.keys.node_key)
        request = exchange_pb2.AcknowledgeDeliveriesRequest(
            acknowledgements=leaves, signature=signed.signature, node_certificate=self.keys.node_certificate
        )
        request.sent_at.FromDatetime(self.federation.clock.at)
        return request


def submit_request(envelopes: Sequence[SealedEnvelope], at: datetime) -> exchange_pb2.SubmitEnvelopesRequest:
    """Envelopes as they are sent."""
    request = exchange_pb2.SubmitEnvelopesRequest()
    for each in envelopes:
        request.envelopes.add(header=each.header_bytes, sealed_body=each.sealed_body, signatures=each.signatures)
    request.sent_at.FromDatetime(at)
    return request


async def end_of(stream: Any) -> str:
    """Read a stream to its end; gives the reason."""
    try:
        async with asyncio.timeout(10):
            while await stream.read() is not grpc.aio.EOF:
                pass
    except grpc.aio.AioRpcError as error:
        return reason_of(error)
    return ""


def reason_of(error: grpc.RpcError) -> str:
    """The reason in a status's ErrorInfo."""
    assert isinstance(error, grpc.aio.AioRpcError)
    for name, value in error.trailing_metadata() or ():
        if name == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            info = error_details_pb2.ErrorInfo()
            assert status.details[0].Unpack(info)
            assert info.domain == "xieban"
            return str(info.reason)
    return f"{error.code()} without a reason"
