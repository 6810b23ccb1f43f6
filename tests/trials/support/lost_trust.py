"""Trial 5: a certificate is revoked, or ends by itself, while its holder's channel, stream and download are open.

One case is a federation of its own on the wall clock: Hangzhou sends letter after letter, Chengdu keeps its delivery
stream and a download open and acknowledges; at the strike one of them loses its trust and both go on trying. `after` is
how long anything still passed. What must go on all the same (the other side) is the control.
"""

import asyncio
import io
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from certs.authority import SealAuthority
from certs.chunks import ChunkSealer, new_key
from certs.identity import Purpose, describe
from certs.issuing import VALIDITY, Issuer
from certs.keys import certificate_digest
from delegation.codec_entry import parse_entry
from delegation.model import EnvelopeAnswer, MaterialRef
from registry.server import Registry, steady
from registry.settings import Quotas
from tests.builders import CHENGDU_RD, HANGZHOU_RD, a_uuid4
from tests.registry.federation import CHENGDU, HANGZHOU, Client, Clock, Federation, reason_of
from tests.trials.support.impostors import upload_request
from xieban.federation.v1 import exchange_pb2

BEFORE: Final = 4.0  # seconds of good work before the strike
_PAUSE: Final = 0.05
KINDS: Final[tuple[str, ...]] = ("accepted", "delivered", "chunk", "acknowledged")


class WallClock(Clock):
    """The machine's clock."""

    @property
    def at(self) -> datetime:
        return datetime.now(UTC)

    @at.setter
    def at(self, _at: datetime) -> None:
        """It moves by itself."""

    def monotonic(self) -> float:
        return steady()


@dataclass(slots=True)
class Outcome:
    """When each kind of thing passed, in seconds from the strike, and the last reasons that were given."""

    name: str
    passed: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    refused: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})

    def before(self, kind: str) -> int:
        """How much passed before the strike."""
        return sum(at <= 0 for at in self.passed[kind])

    def after(self, kind: str) -> float:
        """Seconds after the strike at which the last one passed; 0 when none did."""
        return max((at for at in self.passed[kind] if at > 0), default=0.0)


# case: what must stop; the rest of what that side and the other do goes on
CASES: Final[dict[str, tuple[str, ...]]] = {
    "sender's channel revoked": ("accepted",),
    "sender's channel expires": ("accepted",),
    "sender's signing key revoked": ("accepted",),
    "sender's signing key expires": ("accepted",),
    "receiver's channel revoked": ("delivered", "chunk", "acknowledged"),
    "receiver's channel expires": ("delivered", "chunk", "acknowledged"),
    "receiver's node key revoked": ("acknowledged",),
    "receiver leaves the roster": ("delivered", "chunk", "acknowledged"),
}


async def play(folder: Path, name: str, *, seconds: float, setting_up: float = 2.0) -> Outcome:
    """One case, watched for so long after its strike; what expires does so after `setting_up` and the good work."""
    ends = datetime.now(UTC) + timedelta(seconds=setting_up + BEFORE)
    federation = Federation(
        folder, WallClock(), roster_poll_seconds=0.5, quotas=Quotas(calls_a_second=1e6, refusals_a_day=1_000_000)
    )
    if name == "sender's signing key expires":
        _shorten_signing_key(federation, ends)
    async with federation.running() as registry:
        clients = {
            code: Client(federation, registry, federation.bureau(registry, code)) for code in (HANGZHOU, CHENGDU)
        }
        expiring = {"sender's channel expires": HANGZHOU, "receiver's channel expires": CHENGDU}.get(name)
        if expiring is not None:
            at = ends - VALIDITY[Purpose.CHANNEL]
            await clients[expiring].channel.close()
            clients[expiring] = Client(federation, registry, federation.bureau(registry, expiring, at))
        stage = _Stage(federation, registry, clients[HANGZHOU], clients[CHENGDU], Outcome(name))
        try:
            await stage.run(seconds)
        finally:
            for client in clients.values():
                await client.channel.close()
        return stage.outcome


def _shorten_signing_key(federation: Federation, ends: datetime) -> None:
    """Hangzhou's unit certificate, issued by the same authority, with another end."""
    keys = federation.keys[HANGZHOU_RD]
    keys.certificate = _ending(keys.certificate, federation.seal, ends)
    unit = replace(federation.view.units[HANGZHOU_RD], signing_certificates=(keys.certificate,))
    unit = replace(unit, sealing_keys=(federation.new_sealing_key(keys, federation.clock.at - timedelta(days=1)),))
    federation.view = replace(federation.view, units={**federation.view.units, HANGZHOU_RD: unit})


def _ending(der: bytes, authority: SealAuthority, ends: datetime) -> bytes:
    found, issuer = x509.load_der_x509_certificate(der), authority._issuer
    assert isinstance(issuer, Issuer)
    builder = (
        x509.CertificateBuilder()
        .subject_name(found.subject)
        .issuer_name(found.issuer)
        .public_key(found.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(found.not_valid_before_utc)
        .not_valid_after(ends.replace(microsecond=0))
    )
    for extension in found.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class _Stage:
    """Both sides at work."""

    def __init__(
        self, federation: Federation, registry: Registry, home: Client, host: Client, outcome: Outcome
    ) -> None:
        self.federation = federation
        self.registry = registry
        self.home = home
        self.host = host
        self.outcome = outcome
        self._noted: dict[str, list[float]] = {kind: [] for kind in KINDS}
        self._leaves: asyncio.Queue[bytes] = asyncio.Queue()
        self._cursor = 0
        self._material: MaterialRef | None = None
        self._thread_id = ""

    async def run(self, seconds: float) -> None:
        """Work, strike, go on trying."""
        await self._upload()
        loops = (self._send, self._receive, self._download, self._acknowledge)
        tasks = [asyncio.create_task(self._forever(loop)) for loop in loops]
        try:
            await asyncio.sleep(BEFORE)
            struck = await self._strike()
            await asyncio.sleep(seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for kind, times in self._noted.items():
            self.outcome.passed[kind] = [at - struck for at in times]

    async def _strike(self) -> float:
        """Take the trust away; the instant from which it is gone by the rules."""
        federation, name = self.federation, self.outcome.name
        keys = self.home.keys if name.startswith("sender") else self.host.keys
        if name.endswith("expires"):
            ends = federation.keys[HANGZHOU_RD].certificate if "signing" in name else keys.channel_certificate
            left = (describe(ends).not_after - datetime.now(UTC)).total_seconds()
            await asyncio.sleep(max(left, 0))
            return time.time()
        if name.endswith("channel revoked"):
            federation.revoke(certificate_digest(keys.channel_certificate))
        elif name.endswith("signing key revoked"):
            federation.revoke(certificate_digest(federation.keys[HANGZHOU_RD].certificate))
        elif name.endswith("node key revoked"):
            federation.revoke(certificate_digest(keys.node_certificate))
        else:
            gone = {code: unit for code, unit in federation.view.units.items() if unit.bureau != CHENGDU}
            bureaus = {code: bureau for code, bureau in federation.view.bureaus.items() if code != CHENGDU}
            competences = tuple(each for each in federation.view.competences if each.unit in gone)
            federation.change(units=gone, bureaus=bureaus, competences=competences)
        federation.publish(self.registry.database.store)
        return time.time()

    async def _forever(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Again and again, whatever it was told."""
        kind = {"_send": "accepted", "_receive": "delivered", "_download": "chunk"}.get(loop.__name__, "acknowledged")
        while True:
            try:
                await loop()
            except grpc.aio.AioRpcError as error:
                self.outcome.refused[kind].add(reason_of(error))
            await asyncio.sleep(_PAUSE)

    def _note(self, kind: str) -> None:
        self._noted[kind].append(time.time())

    async def _send(self) -> None:
        (result,) = await self.home.submit(self.federation.letter())
        if result.reason:
            self.outcome.refused["accepted"].add(result.reason)
            return
        detail = parse_entry(result.entry).detail
        assert isinstance(detail, EnvelopeAnswer)
        if detail.accepted:
            self._note("accepted")
        else:
            self.outcome.refused["accepted"].add(detail.reason)

    async def _receive(self) -> None:
        stream = self.host.receive(**{CHENGDU_RD: self._cursor})
        try:
            while isinstance(message := await stream.read(), exchange_pb2.ReceiveDeliveriesResponse):
                for delivery in message.deliveries:
                    self._note("delivered")
                    self._cursor = delivery.cursor
                    if delivery.WhichOneof("item") == "envelope":
                        self._leaves.put_nowait(self.host.acknowledgement(delivery))
        finally:
            stream.cancel()

    async def _acknowledge(self) -> None:
        leaf = await self._leaves.get()
        try:
            await self.host.acknowledge(leaf)
        except grpc.aio.AioRpcError:
            self._leaves.put_nowait(leaf)
            raise
        self._note("acknowledged")

    async def _download(self) -> None:
        assert self._material is not None
        stream = self.host.exchange.DownloadMaterial(
            exchange_pb2.DownloadMaterialRequest(
                unit=CHENGDU_RD, thread_id=self._thread_id, material_id=self._material.material_id
            )
        )
        try:
            while isinstance(await stream.read(), exchange_pb2.DownloadMaterialResponse):
                self._note("chunk")
                await asyncio.sleep(0.2)  # a slow reader: one download is open for seconds
        finally:
            stream.cancel()

    async def _upload(self) -> None:
        letter = self.federation.letter()
        sealer = ChunkSealer(io.BytesIO(os.urandom(6 * 1024 * 1024)), key=new_key(), material_id=a_uuid4(900))
        chunks = list(sealer)
        self._material = MaterialRef(a_uuid4(900), sealer.result.root, sealer.result.sealed_size, len(chunks))
        self._thread_id = letter.header.thread_id
        for number, chunk in enumerate(chunks):
            hashes_of = [] if number else list(sealer.result.leaf_hashes)
            request = upload_request(HANGZHOU_RD, self._thread_id, self._material, chunk.data, hashes_of)
            request.chunk_number = number
            await self.home.exchange.UploadMaterial(request)
        header = letter.header
        await self.home.accepted(
            self.federation.letter(
                thread_id=header.thread_id,
                envelope_id=header.envelope_id,
                case_id=header.case_id,
                manifest=(self._material,),
            )
        )
